"""Finds the routes of the application: every module below `app/api` that defines `router`."""

from pathlib import PurePosixPath
from types import ModuleType
from typing import Any

from fastapi import APIRouter, FastAPI

from kit.discovery import modules
from kit.route_table import install_route_table

__all__ = ["include_routers"]


def include_routers(app: FastAPI) -> None:
    """Include all routers in `app/api`; prefix and tag come from the path of the module unless the router sets them.

    A module can also define `ROUTER_OPTIONS`, a dictionary of further arguments for `app.include_router`. Those in an
    `__init__.py`, or in another module without a router, are for all routers in the folder and below it: dependencies
    and responses of folders and modules add up, and of other arguments the innermost counts.
    """
    found = modules("api/**/*.py")
    included: list[APIRouter] = []
    for module in found:
        router = vars(module).get("router")
        if isinstance(router, APIRouter) and router not in included:
            included.append(router)
            app.include_router(router, **_merged([_options_of(module, router), *_given(module, found)]))
    install_route_table(app)


def _given(module: ModuleType, found: list[ModuleType]) -> list[dict[str, Any]]:
    """Return the `ROUTER_OPTIONS` of the folders around a module, from the outermost, and of the module itself."""
    around = [each for each in found if each is not module and f"{module.__name__}.".startswith(f"{_folder(each)}.")]
    around.sort(key=lambda each: len(_folder(each)))
    return [vars(each).get("ROUTER_OPTIONS", {}) for each in (*around, module)]


def _folder(module: ModuleType) -> str:
    """Return the name of the folder whose options a module has, or its own if they are only for its router."""
    is_for_folder = not hasattr(module, "__path__") and "router" not in vars(module)
    return module.__name__.rpartition(".")[0] if is_for_folder else module.__name__


def _merged(all_options: list[dict[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for options in all_options:
        merged |= options | {
            "dependencies": [*merged.get("dependencies", ()), *options.get("dependencies", ())],
            "responses": {**merged.get("responses", {}), **options.get("responses", {})},
        }
    return merged


def _options_of(module: ModuleType, router: APIRouter) -> dict[str, Any]:
    """Return prefix `/api/v1/orders` and tag `orders` for `app.api.v1.orders.routes` and `app.api.v1.orders`."""
    path = PurePosixPath("/", *module.__name__.removesuffix(".routes").split(".")[1:])
    options: dict[str, Any] = {}
    if not router.prefix:
        options["prefix"] = str(path)
    if not router.tags:
        options["tags"] = [path.name]
    return options
