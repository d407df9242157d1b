"""Sets up an application: its settings, counters, error handlers and middleware; and opens it for commands."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from kit import http_client
from kit.discovery import entrypoint
from kit.errors import install_error_handlers
from kit.limits.memory import MemoryCounters
from kit.middleware.compression import CompressionMiddleware
from kit.middleware.proxies import ProxyMiddleware
from kit.middleware.requests import RequestMiddleware, UncaughtErrorMiddleware
from kit.server.start import StartMiddleware
from kit.settings import BaseSettings, Settings, SettingsByClass, read_settings

__all__ = ["equip", "opened"]

EXPOSED_HEADERS = ("X-Request-ID", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After")


def equip(app: FastAPI, settings: SettingsByClass) -> None:
    """Add the settings, counters, error handlers and middleware that features and routes rely on."""
    app.state.settings = settings
    app.state.semaphores = {}
    app.state.counters = MemoryCounters()
    install_error_handlers(app)
    http_client.install_error_handlers(app)
    _install_middleware(app, settings[Settings])


@asynccontextmanager
async def opened() -> AsyncGenerator[FastAPI]:
    """Open the service for a command: all its parts start, but it serves nothing and does no work of its own."""
    app: FastAPI = entrypoint().create_app(*map(_for_command, read_settings().values()))
    async with app.router.lifespan_context(app):
        yield app


def _for_command(settings: BaseSettings) -> BaseSettings:
    # Not `Settings.for_doctor`: in `local`, a command also prepares what the service would prepare.
    if isinstance(settings, Settings):
        return settings.model_copy(update={"log_level": "WARNING", "log_dir": None})
    return settings.for_doctor()


def _install_middleware(app: FastAPI, settings: Settings) -> None:
    """Add the middleware, from the innermost to the outermost."""
    app.add_middleware(StartMiddleware)
    app.add_middleware(UncaughtErrorMiddleware, settings)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            allow_credentials="*" not in settings.cors_origins,
            expose_headers=EXPOSED_HEADERS,
        )
    if settings.compression:
        app.add_middleware(CompressionMiddleware)
    app.add_middleware(RequestMiddleware, settings)
    if settings.trusted_proxies:
        app.add_middleware(ProxyMiddleware, trusted=settings.trusted_proxies)
