"""Jobs: work that the service does by the clock, or when a route starts it."""

from app.scheduler.job import Job, JobError, job
from app.scheduler.scheduler import get_scheduler

__all__ = ["Job", "JobError", "get_scheduler", "job"]
