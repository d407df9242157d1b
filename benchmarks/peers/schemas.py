"""Schemas of requests and responses, as in the rendered service."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class ItemIn(BaseModel):
    sku: str
    name: str
    quantity: int = 0


class ItemOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    sku: str
    name: str
    quantity: int
    created_at: datetime
    updated_at: datetime
