"""The composition root: what the service is made of."""

from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from app import (
    api,
    garbage,
    health,
    http_client,
    # {% if storage == "mongo" %}
    mongo,
    # {% elif storage == "sql" %}
    sql,
    # {% endif %}
    # {% if temp_files %}
    temp_files,
    # {% endif %}
)
from app.errors import RESPONSES, install_error_handlers
from app.limits.memory import MemoryCounters
from app.log import configure_logging
from app.middleware import RequestMiddleware, UncaughtErrorMiddleware, proxy_headers

# {%- if scheduler != "none" +%}
from app.scheduler import (
    # {% if scheduler == "apscheduler" %}
    apscheduler,
    # {% elif scheduler == "taskiq" %}
    taskiq,
    # {% endif %}
)

# {%- endif +%}
from app.settings import BaseSettings, Settings, read_settings

# {%- if store != "none" +%}
from app.store import (
    # {% if store == "lmdb" %}
    lmdb,
    # {% elif store == "redis" %}
    redis,
    # {% endif %}
)

# {%- endif +%}

FEATURES = (
    health.router,
    http_client.router,
    # {% if storage == "mongo" %}
    mongo.router,
    # {% elif storage == "sql" %}
    sql.router,
    # {% endif %}
    # {% if store == "lmdb" %}
    lmdb.router,
    # {% elif store == "redis" %}
    redis.router,
    # {% endif %}
    # {% if temp_files %}
    temp_files.router,
    # {% endif %}
    # {% if scheduler == "apscheduler" %}
    apscheduler.router,
    # {% elif scheduler == "taskiq" %}
    taskiq.router,
    # {% endif %}
    garbage.router,
)
EXPOSED_HEADERS = ("X-Request-ID", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After")


def create_app(*given: BaseSettings) -> FastAPI:
    """Make the service; it starts its features in the order of `FEATURES` and stops them in reverse.

    Settings are read from the environment, but for those given; faulty ones raise `SettingsError`.
    """
    settings_by_class = read_settings(*given)
    settings: Settings = settings_by_class[Settings]
    configure_logging(settings)
    app = FastAPI(
        title=settings.app_name,
        version=settings.app_version,
        description=Path(__file__).with_name("api").joinpath("description.md").read_text("utf-8"),
        openapi_url=None if settings.in_production else "/openapi.json",
        responses=RESPONSES,
    )
    app.state.settings = settings_by_class
    app.state.semaphores = {}
    app.state.counters = MemoryCounters()
    install_error_handlers(app)
    http_client.install_error_handlers(app)
    install_middleware(app, settings)
    for router in FEATURES:
        app.include_router(router)
    api.include_routers(app)
    return app


def install_middleware(app: FastAPI, settings: Settings) -> None:
    """Put the layers around the routes, the innermost first."""
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
    app.add_middleware(RequestMiddleware, settings)
    if settings.trusted_proxies:
        app.add_middleware(proxy_headers, trusted=settings.trusted_proxies)


app = create_app()
