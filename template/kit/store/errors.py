"""The errors of the store. An invalid key, value or TTL raises `ValueError` or `TypeError` instead."""

from kit.errors import ServiceUnavailableException


class StoreError(Exception):
    """The base class of the other errors, except `StoreFullError`."""


class NamespaceQuotaError(StoreError):
    """A new namespace would exceed `STORE_MAX_NAMESPACES`."""


class NotANumberError(StoreError):
    """The value is not a 64-bit integer, or would no longer be one."""


class LockTimeoutError(StoreError, ServiceUnavailableException, TimeoutError):
    """The lock was not free within the timeout."""


class LockLostError(StoreError, ServiceUnavailableException):
    """The lock was lost while its block was running, so the block was cancelled."""


class StoreFullError(ServiceUnavailableException):
    """The store cannot be written to any more; it can still be read."""
