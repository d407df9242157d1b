"""The bodies of requests and responses."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kit.auth.api_keys.keys import masked
from kit.auth.api_keys.service import NewKey
from kit.auth.api_keys.storage import ApiKey

MAX_LIFE = 3650  # days
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
# A scope with a space would be two scopes in the database.
Scope = Annotated[str, StringConstraints(max_length=255, pattern=r"^[^\s\x00-\x1f\x7f]+$")]
Days = Annotated[int, Field(ge=1, le=MAX_LIFE)]


class ApiKeyIn(BaseModel):
    """A key to create. Without `expires_in_days` it goes on until it is revoked."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    scopes: Annotated[list[Scope], Field(max_length=100)] = []
    expires_in_days: Days | None = None


class ApiKeyOut(BaseModel):
    """A key without its secret. `last_used_at` is written at most once in a minute."""

    id: UUID
    masked: str
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, found: ApiKey, **more: Any) -> Self:
        return cls.model_validate({**vars(found), "scopes": sorted(found.scopes), "masked": masked(found.id), **more})


class NewApiKeyOut(ApiKeyOut):
    """A new key, with the only copy of its text."""

    key: str

    @classmethod
    def of_new(cls, new: NewKey) -> Self:
        return cls.of(new.key, key=new.text)


class ApiKeyPage(BaseModel):
    items: Sequence[ApiKeyOut]
    next: str | None = Field(description="The cursor of the next page, or null on the last page")
