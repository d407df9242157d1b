"""Limits on what clients may do: how much at once, and how often."""

from app.limits.client import client_address
from app.limits.rate_limit import rate_limit
from app.limits.semaphore import semaphore

__all__ = ["client_address", "rate_limit", "semaphore"]
