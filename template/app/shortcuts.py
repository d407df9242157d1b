"""Shortcuts to the routes: FastAPI asks one router after the other, and those within others again at each level."""

from inspect import signature

from fastapi import FastAPI
from fastapi.params import Form
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

OPTIONS = signature(APIRoute).parameters.keys() - {"form_limits", "include_in_schema"}


def add_shortcuts(app: FastAPI) -> None:
    """Put a copy of each route before the routers, which stay for the documentation and for what is no plain route."""
    app.router.routes[:0] = [_copy(context) for context in iter_route_contexts(app.routes) if _is_plain(context)]


def _is_plain(context: RouteContext) -> bool:
    # A form has limits that the routers around it may set.
    return type(context.original_route) is APIRoute and not _takes_form(context)


def _takes_form(context: RouteContext) -> bool:
    return context.body_field is not None and isinstance(context.body_field.field_info, Form)


def _copy(context: RouteContext) -> APIRoute:
    return APIRoute(**{option: getattr(context, option) for option in OPTIONS}, include_in_schema=False)
