"""The store: values under keys in namespaces, with optional TTLs and callbacks on expiry."""

from kit.store.cached import Cached, cached
from kit.store.dependencies import StoreDep
from kit.store.errors import (
    LockLostError,
    LockTimeoutError,
    NamespaceQuotaError,
    NotANumberError,
    StoreError,
    StoreFullError,
)
from kit.store.lock import NamespaceLock
from kit.store.store import StoreService, get_store
from kit.store.values import Value

__all__ = [
    "Cached",
    "LockLostError",
    "LockTimeoutError",
    "NamespaceLock",
    "NamespaceQuotaError",
    "NotANumberError",
    "StoreDep",
    "StoreError",
    "StoreFullError",
    "StoreService",
    "Value",
    "cached",
    "get_store",
]
