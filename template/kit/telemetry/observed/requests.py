"""What each request has, besides the span and the metrics that FastAPI gives it."""

from collections.abc import Generator, MutableMapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from fastapi import FastAPI, Request
from opentelemetry import trace

from kit.limits.rate import Count, Rate
from kit.middleware import requests
from kit.middleware.requests import route_of
from kit.telemetry.observing import Function, meter, replaced


@contextmanager
def observed(_app: FastAPI) -> Generator[None]:
    """Put the id of the request into its span, and count the requests that a rate limit refuses."""
    refused = meter().create_counter(
        "rate_limit.refusals", unit="{request}", description="Requests that a rate limit has refused."
    )

    def named(take: Function) -> Function:
        def take_id(scope: MutableMapping[str, Any]) -> str:
            request_id: str = take(scope)
            trace.get_current_span().set_attribute("request.id", request_id)
            return request_id

        return take_id

    def counted(set_headers: Function) -> Function:
        def count(request: Request, rate: Rate, count: Count) -> None:
            set_headers(request, rate, count)
            if count.hits > rate.amount:
                refused.add(1, {"http.route": route_of(request.scope) or ""})

        return count

    # The package exports the function of the same name.
    rate_limiting = import_module("kit.limits.rate_limit")
    with replaced(requests, "_request_id", named), replaced(rate_limiting, "_set_headers", counted):
        yield
