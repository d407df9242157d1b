"""Keeps the collector away from what lives as long as the service; it costs the slowest requests most."""

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
