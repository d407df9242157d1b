"""Makes the service accept tokens of its identity provider, whose keys it fetches when the first token needs them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import APIRouter, FastAPI

from kit.auth.oidc.document import state_provider
from kit.auth.oidc.keys import Keys
from kit.auth.oidc.provider import Provider
from kit.auth.oidc.settings import OidcSettings
from kit.auth.oidc.verifier import OidcVerifier
from kit.health import get_health
from kit.http_client import get_http_client
from kit.settings import get_settings


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    settings = get_settings(app, OidcSettings)
    keys = Keys(Provider(partial(get_http_client, app), settings), settings)
    app.state.verifier = OidcVerifier(keys, settings)
    get_health(app).add_check("auth", keys.check)
    state_provider(app, settings)
    try:
        yield
    finally:
        await keys.close()


router = APIRouter(lifespan=lifespan)
