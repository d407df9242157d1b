"""Makes the service accept API keys, besides the tokens of its users."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from kit.auth.api_keys.owners import owners_module
from kit.auth.api_keys.service import ApiKeys
from kit.auth.api_keys.settings import ApiKeysSettings
from kit.auth.api_keys.storage import storage_module
from kit.auth.api_keys.verifier import ApiKeyVerifier
from kit.auth.user import get_verifier
from kit.settings import get_settings


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    most = get_settings(app, ApiKeysSettings).max_api_keys
    app.state.api_keys = ApiKeys(storage_module().storage_of(app), owners_module().owners_of(app), most)
    app.state.verifier = ApiKeyVerifier(app.state.api_keys, get_verifier(app))
    yield
