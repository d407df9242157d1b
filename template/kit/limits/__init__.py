"""Limits on clients: how many requests at once, and how many in a period."""

from kit.limits.client import client_address
from kit.limits.rate_limit import rate_limit
from kit.limits.semaphore import semaphore

__all__ = ["client_address", "rate_limit", "semaphore"]
