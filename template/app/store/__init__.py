"""The store: values under keys in namespaces, which may expire and tell somebody that they did."""

from app.store.dependencies import StoreDep
from app.store.errors import (
    LockLostError,
    LockTimeoutError,
    NamespaceQuotaError,
    NotANumberError,
    StoreError,
    StoreFullError,
)
from app.store.lock import NamespaceLock
from app.store.store import StoreService, get_store
from app.store.values import Value

__all__ = [
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
    "get_store",
]
