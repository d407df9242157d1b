"""Creates the clients, and adds a check to `/ready` for each upstream with a `CHECK` setting."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import APIRouter, FastAPI

from kit.health import get_health
from kit.http_client.clients import HttpClients
from kit.http_client.settings import HttpClientSettings, UpstreamsSettings
from kit.settings import get_settings


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    upstreams = get_settings(app, UpstreamsSettings).upstreams
    clients = HttpClients(get_settings(app, HttpClientSettings), upstreams)
    app.state.http_clients = clients
    for name, upstream in upstreams.items():
        if upstream.check:
            get_health(app).add_check(f"upstream {name}", partial(clients.by_name[name].check, upstream.check))
    try:
        yield
    finally:
        await clients.close()


router = APIRouter(lifespan=lifespan)
