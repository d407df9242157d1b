"""Pages of a list, and cursors: the place where the next page starts, signed so that clients cannot forge one."""

from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import current_process
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
    """Items ordered by id, and the id after which the next page starts; `None` on the last page."""

    items: Sequence[Model]
    next: Id | None


def encode_cursor(app: FastAPI, id_: UUID) -> str:
    """Return a signed cursor of the id after which the next page starts."""
    return str(_serializer(app).dumps(str(id_)))


async def decode_cursor(
    connection: HTTPConnection,
    after: Annotated[str | None, Query(description="`next` of the previous page", max_length=200)] = None,
) -> UUID | None:
    """Return the id of a request's cursor; raise `BadRequestException` if the service did not sign it."""
    if after is None:
        return None
    try:
        return UUID(str(_serializer(connection.app).loads(after)))
    except (BadData, ValueError):
        raise BadRequestException("The cursor is not valid; use `next` of the previous page") from None


CursorDep = Annotated[UUID | None, Depends(decode_cursor)]


def _serializer(app: FastAPI) -> URLSafeSerializer:
    secret = get_settings(app, Settings).secret_key
    # Only production requires a key. Without one, cursors are valid until the service restarts: the workers of a server
    # have this random key from the process that started them.
    key = secret.get_secret_value() if secret else current_process().authkey
    return URLSafeSerializer(key, salt="cursor")
