"""`/health/jobs`: the jobs; any process can answer."""

from fastapi import APIRouter, Request

from kit.scheduler.health import JobsHealth, examine
from kit.scheduler.scheduler import get_scheduler

router = APIRouter(tags=["Healthcheck"])


@router.head("/health/jobs", include_in_schema=False)
@router.get("/health/jobs")
async def jobs_health(request: Request) -> JobsHealth:
    """Return all jobs, their last and next runs, and which processes run them."""
    return await examine(get_scheduler(request.app))
