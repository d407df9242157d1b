"""What a store refuses; a key, value or TTL that makes no sense is a `ValueError` or `TypeError`."""

from kit.errors import ServiceUnavailableException


class StoreError(Exception):
    """The root of what the store refuses."""


class NamespaceQuotaError(StoreError):
    """A new namespace would be one too many."""


class NotANumberError(StoreError):
    """The value is no whole number of 64 bits, or would no longer be one."""


class LockTimeoutError(StoreError, TimeoutError):
    """Somebody else held the lock for too long."""


class LockLostError(StoreError):
    """The server gave the lock up while the block still ran, which was cancelled."""


class StoreFullError(ServiceUnavailableException):
    """Nothing can be written any more; what is there can be read."""
