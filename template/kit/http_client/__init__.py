"""Clients for calling other services; they share one connection pool and retry transient failures."""

from kit.http_client.client import HttpClient
from kit.http_client.clients import get_http_client
from kit.http_client.dependencies import HttpClientDep, client_of
from kit.http_client.errors import install_error_handlers
from kit.http_client.lifespan import router
from kit.http_client.settings import Upstream, UpstreamsSettings

__all__ = [
    "HttpClient",
    "HttpClientDep",
    "Upstream",
    "UpstreamsSettings",
    "client_of",
    "get_http_client",
    "install_error_handlers",
    "router",
]
