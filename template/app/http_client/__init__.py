"""Calling other services: clients that share one pool of connections, and try again what failed by chance."""

from app.http_client.client import HttpClient
from app.http_client.clients import get_http_client
from app.http_client.dependencies import HttpClientDep, client_of
from app.http_client.errors import install_error_handlers
from app.http_client.lifespan import router

__all__ = ["HttpClient", "HttpClientDep", "client_of", "get_http_client", "install_error_handlers", "router"]
