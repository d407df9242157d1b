"""Pages of a list, and cursors: where the list goes on, signed so that clients cannot make up their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, FastAPI, Query
from fastapi.requests import HTTPConnection
from itsdangerous import BadData, URLSafeSerializer

from kit.errors import BadRequestException
from kit.settings import Settings, get_settings

__all__ = ["CursorDep", "Page", "decode_cursor", "encode_cursor"]

Model = TypeVar("Model")
Id = TypeVar("Id")


@dataclass(frozen=True)
class Page(Generic[Model, Id]):
    """Some of what there is, in the order of ids, and the id after which the next page starts, if there is one."""

    items: Sequence[Model]
    next: Id | None


def encode_cursor(app: FastAPI, id_: UUID) -> str:
    """Sign the id after which the next page starts."""
    return str(_serializer(app).dumps(str(id_)))


async def decode_cursor(
    connection: HTTPConnection,
    after: Annotated[str | None, Query(description="`next` of the page before", max_length=200)] = None,
) -> UUID | None:
    """Take the cursor of a request apart; one that we did not sign is a `BadRequestException`."""
    if after is None:
        return None
    try:
        return UUID(_serializer(connection.app).loads(after))
    except BadData:
        raise BadRequestException("The cursor is not valid; take `next` of the page before") from None


CursorDep = Annotated[UUID | None, Depends(decode_cursor)]


def _serializer(app: FastAPI) -> URLSafeSerializer:
    settings = get_settings(app, Settings)
    # Without a key, which only production demands, at least all workers agree.
    key = settings.secret_key.get_secret_value() if settings.secret_key else settings.app_name
    return URLSafeSerializer(key, salt="cursor")
