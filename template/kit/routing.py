"""Finds the routes of the application: every module below `app/api` that defines `router`."""

from pathlib import PurePosixPath
from types import ModuleType
from typing import Any

from fastapi import APIRouter, FastAPI

from kit.discovery import modules

__all__ = ["include_routers"]


def include_routers(app: FastAPI) -> None:
    """Include all routers in `app/api`; prefix and tag come from the path of the module unless the router sets them.

    A module can also define `ROUTER_OPTIONS`, a dictionary of further arguments for `app.include_router`.
    """
    included: list[APIRouter] = []
    for module in modules("api/**/*.py"):
        router = vars(module).get("router")
        if isinstance(router, APIRouter) and router not in included:
            included.append(router)
            options: dict[str, Any] = vars(module).get("ROUTER_OPTIONS", {})
            app.include_router(router, **(_options_of(module, router) | options))


def _options_of(module: ModuleType, router: APIRouter) -> dict[str, Any]:
    """Return prefix `/api/v1/orders` and tag `orders` for `app.api.v1.orders.routes` and `app.api.v1.orders`."""
    path = PurePosixPath("/", *module.__name__.removesuffix(".routes").split(".")[1:])
    options: dict[str, Any] = {}
    if not router.prefix:
        options["prefix"] = str(path)
    if not router.tags:
        options["tags"] = [path.name]
    return options
