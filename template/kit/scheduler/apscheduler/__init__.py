"""Jobs inside the service, on APScheduler: one of its processes, the leader, starts them."""

from kit.scheduler.apscheduler.lifespan import router

__all__ = ["router"]
