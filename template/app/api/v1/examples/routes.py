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
    "bad-request": lambda: BadRequestException("Two dates are needed", details={"missing": ["until"]}),
    "unauthorized": lambda: UnauthorizedException("Say who you are"),
    "forbidden": lambda: ForbiddenException("Only owners may do this"),
    "not-found": lambda: NotFoundException("User", 42),
    "conflict": lambda: ConflictException("The order has been sent already"),
    "rate-limit": lambda: RateLimitException("That was often enough", retry_after=5),
    "unavailable": lambda: ServiceUnavailableException("The printer is away"),
    "bug": lambda: RuntimeError("nobody thought of this"),
}
ErrorName = Literal[
    "bad-request", "unauthorized", "forbidden", "not-found", "conflict", "rate-limit", "unavailable", "bug"
]


class Done(BaseModel):
    done: bool = True


@router.get("/errors/{name}")
async def fail(name: ErrorName) -> None:
    """Answer with an error, to see its body."""
    raise ERRORS[name]()  # noqa: RSE102 - it makes the error


@router.get("/semaphore", dependencies=[Depends(semaphore("example", limit=2))])
async def work() -> Done:
    """Work for a tenth of a second, two at a time; `SEMAPHORES__EXAMPLE` sets another limit."""
    await asyncio.sleep(0.1)
    return Done()


@router.get("/rate-limit", dependencies=[Depends(rate_limit("5/minute"))])
async def work_rarely() -> Done:
    """Do nothing, five times a minute for each client."""
    return Done()


class Neighbour(BaseModel):
    name: str
    version: str


@router.get("/neighbour")
async def ask_neighbour(neighbour: Annotated[HttpClient, client_of("neighbour")]) -> Neighbour:
    """Ask another service who it is; `UPSTREAMS__NEIGHBOUR__URL=http://localhost:8000` has this one ask itself."""
    response = await neighbour.get("/")
    return Neighbour.model_validate(response.raise_for_status().json())
