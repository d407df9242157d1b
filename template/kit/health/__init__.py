"""Whether the service is alive and ready, and what it needs to be."""

from kit.health.health import CheckResult, Health, get_health
from kit.health.routes import router

__all__ = ["CheckResult", "Health", "get_health", "router"]
