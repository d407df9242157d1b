"""`/health/jobs`: the jobs, asked of any process."""

from fastapi import APIRouter, Request

from kit.scheduler.health import JobsHealth, examine
from kit.scheduler.scheduler import get_scheduler

router = APIRouter(tags=["Healthcheck"])


@router.get("/health/jobs")
async def jobs_health(request: Request) -> JobsHealth:
    """Tell which jobs there are, when they ran last and run next, and who runs them."""
    return await examine(get_scheduler(request.app))
