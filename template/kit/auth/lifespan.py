"""Keeps the service from starting while a route does not say who may call it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from kit.auth.policies import check_policies


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    check_policies(app)
    yield


router = APIRouter(lifespan=lifespan)
