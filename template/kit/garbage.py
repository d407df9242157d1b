"""Exempts the objects that live as long as the service from garbage collection, so that its pauses are shorter."""

import gc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

__all__ = ["router"]


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


router = APIRouter(lifespan=lifespan)
