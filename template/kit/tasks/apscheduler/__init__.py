"""Tasks inside the service: one of its processes, which leads the jobs too, runs them."""

from kit.tasks.apscheduler.engines import engine_of

__all__ = ["engine_of"]
