"""The routes of the service: every module below this package that defines `router` is found by itself."""

from pathlib import PurePosixPath
from types import ModuleType
from typing import Any

from fastapi import APIRouter

from app.discovery import modules


def build_router() -> APIRouter:
    """Include the routers of `app/api`, with the prefix and tag that their path gives unless they set their own."""
    router = APIRouter()
    included: list[APIRouter] = []
    for module in modules("api/**/*.py"):
        found = vars(module).get("router")
        if isinstance(found, APIRouter) and found not in included:
            included.append(found)
            options: dict[str, Any] = vars(module).get("ROUTER_OPTIONS", {})
            router.include_router(found, **(_options_of(module, found) | options))
    return router


def _options_of(module: ModuleType, router: APIRouter) -> dict[str, Any]:
    """Make `/api/v1/orders` and `orders` of `app.api.v1.orders.routes` and of `app.api.v1.orders`."""
    path = PurePosixPath("/", *module.__name__.removesuffix(".routes").split(".")[1:])
    options: dict[str, Any] = {}
    if not router.prefix:
        options["prefix"] = str(path)
    if not router.tags:
        options["tags"] = [path.name]
    return options
