"""Health checks: whether the service is alive, and whether everything it needs is available."""

from kit.health.health import CheckResult, Health, get_health
from kit.health.routes import router

__all__ = ["CheckResult", "Health", "get_health", "router"]
