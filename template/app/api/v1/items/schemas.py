"""The bodies of requests and responses."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# No NUL character, because not every database can store it.
Text = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00]*$")]
Quantity = Annotated[int, Field(ge=0, le=2**31 - 1)]


class ItemIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sku: Text
    name: Text
    quantity: Quantity = 0


class ItemPatch(BaseModel):
    """The fields to change; a field that is missing or null stays as it is."""

    model_config = ConfigDict(extra="forbid")

    sku: Text | None = None
    name: Text | None = None
    quantity: Quantity | None = None


class ItemOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    sku: str
    name: str
    quantity: int
    created_at: datetime
    updated_at: datetime


class ItemPage(BaseModel):
    items: Sequence[ItemOut]
    next: str | None = Field(description="The cursor of the next page, or null on the last page")


class UpsertResult(BaseModel):
    """How many items existed, how many of those changed, and how many are new."""

    matched: int
    modified: int
    upserted: int
