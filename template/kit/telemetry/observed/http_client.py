"""Calls to other services, which continue the trace."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI
from httpx2 import Request, Response
from opentelemetry import propagate
from opentelemetry.trace import StatusCode

from kit.http_client import HttpClient
from kit.telemetry.observing import Attributes, Calls, Function, replaced

BAD = 400
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"}


@contextmanager
def observed(_app: FastAPI) -> Generator[None]:
    """Trace and measure each call, its retries included. Its URL, which can contain secrets, is not recorded."""
    calls = Calls("http.client.request.duration", "Duration of calls to other services, with their retries.")

    def traced(send: Function) -> Function:
        async def send_traced(client: HttpClient, request: Request, **options: Any) -> Response:
            method = request.method if request.method in METHODS else "_OTHER"
            attributes: Attributes = {"http.request.method": method, "upstream": client.name or ""}
            host = {"server.address": request.url.host}
            with calls.call(f"{method} {client.name or ''}".strip(), attributes, **host) as span:
                propagate.inject(request.headers)
                response: Response = await send(client, request, **options)
                span.set_attribute("http.response.status_code", response.status_code)
                attributes["http.response.status_code"] = response.status_code
                if response.status_code >= BAD:
                    attributes["error.type"] = str(response.status_code)
                    span.set_status(StatusCode.ERROR)
                return response

        return send_traced

    with replaced(HttpClient, "send", traced):
        yield
