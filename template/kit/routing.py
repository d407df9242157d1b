"""The routes of the application: every module below its `api` that defines `router` is found by itself."""

from pathlib import PurePosixPath
from types import ModuleType
from typing import Any

from fastapi import APIRouter, FastAPI

from kit.discovery import modules

__all__ = ["include_routers"]


def include_routers(app: FastAPI) -> None:
    """Include the routers of `app/api`, with the prefix and tag that their path gives unless they set their own."""
    included: list[APIRouter] = []
    for module in modules("api/**/*.py"):
        router = vars(module).get("router")
        if isinstance(router, APIRouter) and router not in included:
            included.append(router)
            options: dict[str, Any] = vars(module).get("ROUTER_OPTIONS", {})
            app.include_router(router, **(_options_of(module, router) | options))


def _options_of(module: ModuleType, router: APIRouter) -> dict[str, Any]:
    """Make `/api/v1/orders` and `orders` of `app.api.v1.orders.routes` and of `app.api.v1.orders`."""
    path = PurePosixPath("/", *module.__name__.removesuffix(".routes").split(".")[1:])
    options: dict[str, Any] = {}
    if not router.prefix:
        options["prefix"] = str(path)
    if not router.tags:
        options["tags"] = [path.name]
    return options
