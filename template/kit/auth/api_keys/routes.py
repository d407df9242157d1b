"""`/auth/api-keys`: users create, list and revoke their own keys."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Query, Request, Response
from structlog.typing import FilteringBoundLogger

from kit.auth.api_keys.lifespan import lifespan
from kit.auth.api_keys.schemas import ApiKeyIn, ApiKeyOut, ApiKeyPage, NewApiKeyOut
from kit.auth.api_keys.service import ApiKeys, check_scopes, get_api_keys
from kit.auth.api_keys.verifier import KeyUser
from kit.auth.dependencies import UserDep
from kit.auth.user import User
from kit.errors import ForbiddenException
from kit.pages import CursorDep, encode_cursor

log: FilteringBoundLogger = structlog.get_logger(__name__)

MANAGE = "api-keys:manage"

router = APIRouter(prefix="/auth/api-keys", tags=["API keys"], lifespan=lifespan)


async def api_keys(request: Request) -> ApiKeys:
    return get_api_keys(request.app)


async def manager(user: UserDep) -> User:
    """Return a user who may manage keys: everybody with another token, and with a key that has a scope for it.

    Otherwise, whoever finds a key could make others, which go on when it is revoked.
    """
    if isinstance(user, KeyUser) and MANAGE not in user.scopes:
        raise ForbiddenException(f"With an API key, this needs the scope {MANAGE}", details={"missing": [MANAGE]})
    return user


ApiKeysDep = Annotated[ApiKeys, Depends(api_keys)]
ManagerDep = Annotated[User, Depends(manager)]


@router.post("", status_code=201)
async def create_api_key(body: ApiKeyIn, user: ManagerDep, keys: ApiKeysDep, response: Response) -> NewApiKeyOut:
    """Create a key with some of your scopes. Only this response has it.

    A key that is created with a key has at most its scopes, and ends with it at the latest.
    """
    scopes = frozenset(body.scopes)
    check_scopes(scopes, user.scopes)
    new = await keys.create(user.id, body.name, scopes, _end(body.expires_in_days, user))
    log.info("an API key was created", created_api_key_id=str(new.key.id))
    response.headers["Cache-Control"] = "no-store"
    return NewApiKeyOut.of_new(new)


@router.get("")
async def list_api_keys(
    request: Request,
    user: ManagerDep,
    keys: ApiKeysDep,
    after: CursorDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ApiKeyPage:
    """Return a page of your keys, oldest first, without their secrets; also those that have ended."""
    page = await keys.get_page(user.id, after, limit)
    next_page = encode_cursor(request.app, page.next) if page.next else None
    return ApiKeyPage(items=[ApiKeyOut.of(key) for key in page.items], next=next_page)


@router.delete("/{key_id}", status_code=204)
async def revoke_api_key(key_id: UUID, user: ManagerDep, keys: ApiKeysDep) -> None:
    """Revoke one of your keys: it is refused from now on."""
    await keys.revoke(key_id, user.id)
    log.info("an API key was revoked", revoked_api_key_id=str(key_id))


def _end(days: int | None, user: User) -> datetime | None:
    """Return when a new key ends: not after the key that it is created with."""
    ends = [datetime.now(UTC) + timedelta(days=days)] if days else []
    if isinstance(user, KeyUser) and user.key.expires_at:
        ends.append(user.key.expires_at)
    return min(ends, default=None)
