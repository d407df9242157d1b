"""Whether the service is alive and ready, and what it needs to be."""

from app.health.health import CheckResult, Health, get_health
from app.health.routes import router

__all__ = ["CheckResult", "Health", "get_health", "router"]
