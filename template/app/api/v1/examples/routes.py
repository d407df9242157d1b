import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from kit.errors import (
    BadRequestException,
    ConflictException,
    ForbiddenException,
    NotFoundException,
    RateLimitException,
    ServiceUnavailableException,
    UnauthorizedException,
)
from kit.http_client import HttpClient, client_of
from kit.limits import rate_limit, semaphore

router = APIRouter()

ERRORS = {
    "bad-request": lambda: BadRequestException("Send both dates", details={"missing": ["until"]}),
    "unauthorized": lambda: UnauthorizedException("Log in first"),
    "forbidden": lambda: ForbiddenException("Only owners may do this"),
    "not-found": lambda: NotFoundException("User", 42),
    "conflict": lambda: ConflictException("The order has already been shipped"),
    "rate-limit": lambda: RateLimitException("Too many requests", retry_after=5),
    "unavailable": lambda: ServiceUnavailableException("The printer is offline"),
    "bug": lambda: RuntimeError("an unexpected error"),
}
ErrorName = Literal[
    "bad-request", "unauthorized", "forbidden", "not-found", "conflict", "rate-limit", "unavailable", "bug"
]


class Done(BaseModel):
    done: bool = True


@router.get("/errors/{name}")
async def fail(name: ErrorName) -> None:
    """Raise an error, to show its response."""
    raise ERRORS[name]()  # noqa: RSE102 - the call creates the error


@router.get("/semaphore", dependencies=[Depends(semaphore("example", limit=2))])
async def work() -> Done:
    """Work for 0.1 seconds, for two requests at a time; `SEMAPHORES__EXAMPLE` sets another limit."""
    await asyncio.sleep(0.1)
    return Done()


@router.get("/rate-limit", dependencies=[Depends(rate_limit("5/minute"))])
async def work_rarely() -> Done:
    """Do nothing, at most five times a minute for each client."""
    return Done()


class Neighbour(BaseModel):
    name: str
    version: str


@router.get("/neighbour")
async def ask_neighbour(neighbour: Annotated[HttpClient, client_of("neighbour")]) -> Neighbour:
    """Ask another service for its name; `UPSTREAMS__NEIGHBOUR__URL=http://localhost:8000` makes it ask itself."""
    response = await neighbour.get("/")
    return Neighbour.model_validate(response.raise_for_status().json())
