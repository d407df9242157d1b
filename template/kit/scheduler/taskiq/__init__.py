"""Jobs on a distributed queue, with taskiq: schedulers fill it and workers empty it, on any number of machines."""

from kit.scheduler.taskiq.lifespan import router

__all__ = ["router"]
