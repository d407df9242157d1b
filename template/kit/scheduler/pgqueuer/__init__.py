"""Jobs on a queue in the service's PostgreSQL, with PgQueuer: workers fill and empty it, on any number of machines."""

from kit.scheduler.pgqueuer.lifespan import router

__all__ = ["router"]
