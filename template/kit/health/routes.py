"""`/`, `/health` and `/ready`: the identity of the service, and whether it is alive and ready."""

from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from kit.health.health import CheckResult, get_health
from kit.health.lifespan import lifespan
from kit.settings import Settings, get_settings

router = APIRouter(tags=["Healthcheck"], lifespan=lifespan)


class Identity(BaseModel):
    status: Literal["ok"] = "ok"
    name: str
    version: str
    env: str


class Liveness(BaseModel):
    status: Literal["healthy", "unhealthy"]
    timestamp: datetime
    version: str
    uptime_seconds: float
    errors: list[str] = []


class Readiness(BaseModel):
    status: Literal["ready", "not ready"]
    checks: dict[str, CheckResult]


@router.head("/", include_in_schema=False)
@router.get("/")
async def identify(request: Request) -> Identity:
    """Return the name and version of the service."""
    settings = get_settings(request.app, Settings)
    return Identity(name=settings.app_name, version=settings.app_version, env=settings.environment)


@router.head("/health", include_in_schema=False)
@router.get("/health", responses={503: {"model": Liveness, "description": "A background task has died."}})
async def health(request: Request, response: Response) -> Liveness:
    """Return whether the service is alive; this calls no other server."""
    health = get_health(request.app)
    errors = health.errors()
    response.status_code = 503 if errors else 200
    return Liveness(
        status="unhealthy" if errors else "healthy",
        timestamp=datetime.now(UTC),
        version=get_settings(request.app, Settings).app_version,
        uptime_seconds=health.uptime_seconds,
        errors=errors,
    )


@router.head("/ready", include_in_schema=False)
@router.get("/ready", responses={503: {"model": Readiness, "description": "A check has failed."}})
async def ready(request: Request, response: Response) -> Readiness:
    """Return whether everything that the service needs works."""
    checks = await get_health(request.app).run_checks()
    failed = any(check.error for check in checks.values())
    response.status_code = 503 if failed else 200
    return Readiness(status="not ready" if failed else "ready", checks=checks)
