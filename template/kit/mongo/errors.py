"""The translation of driver errors: a duplicate key is a 409, a server that does not answer or refuses a 503."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    OperationFailure,
    WaitQueueTimeoutError,
    WriteConcernError,
)

from kit.errors import ConflictException, ServiceUnavailableException

DUPLICATE_KEY = 11000
UNAUTHORIZED = 13

# Codes of errors that are a state of the server, not a fault of the service. All pass, or an operator ends them.
CONFLICTS = {
    24,  # LockTimeout
    50,  # MaxTimeMSExpired
    112,  # WriteConflict
    117,  # ConflictingOperationInProgress
    225,  # TransactionTooOld
    239,  # SnapshotTooOld
    244,  # TransactionAborted
    246,  # SnapshotUnavailable
    251,  # NoSuchTransaction
    262,  # ExceededTimeLimit
    267,  # PreparedTransactionInProgress
    290,  # TransactionExceededLifetimeLimitSeconds
    462,  # IngressRequestRateLimitExceeded
}
REFUSALS = {
    UNAUTHORIZED,
    6,  # HostUnreachable
    7,  # HostNotFound
    18,  # AuthenticationFailed
    43,  # CursorNotFound: the server was restarted
    64,  # WriteConcernTimeout
    89,  # NetworkTimeout
    91,  # ShutdownInProgress
    100,  # UnsatisfiableWriteConcern
    133,  # FailedToSatisfyReadPreference
    134,  # ReadConcernMajorityNotAvailableYet
    146,  # ExceededMemoryLimit
    189,  # PrimarySteppedDown
    237,  # CursorKilled
    391,  # ReauthenticationRequired
    8000,  # AtlasError, such as a full quota
    9001,  # SocketException
    10107,  # NotWritablePrimary
    11600,  # InterruptedAtShutdown
    11601,  # Interrupted
    11602,  # InterruptedDueToReplStateChange
    13435,  # NotPrimaryNoSecondaryOk
    13436,  # NotPrimaryOrSecondary
    14031,  # OutOfDiskSpace
}

# The driver says so if a server without replicas goes away while the driver tries again.
OVERTAKEN = "This MongoDB deployment does not support retryable writes"


@contextmanager
def translated_errors() -> Generator[None]:
    """Turn a duplicate key into `ConflictException`, a state of the server into `ServiceUnavailableException`."""
    try:
        yield
    except WaitQueueTimeoutError as error:
        raise ServiceUnavailableException("All connections to the database are busy") from error
    except ConnectionFailure as error:
        raise ServiceUnavailableException("The database does not answer") from error
    except OperationFailure as error:
        if (translated := _translated(error)) is None:
            raise
        raise translated from error


def is_state_of_server(error: OperationFailure) -> bool:
    """Return whether the same operation can succeed once the server is well."""
    return isinstance(_translated(error), ServiceUnavailableException)


def _translated(error: OperationFailure) -> Exception | None:
    codes = _codes(error)
    if codes & CONFLICTS or error.has_error_label("TransientTransactionError"):
        return ServiceUnavailableException(
            "The database is busy with conflicting operations", headers={"Retry-After": "1"}
        )
    if codes & REFUSALS or _is_unconfirmed(error) or str(error).startswith(OVERTAKEN):
        return ServiceUnavailableException("The database refuses to work")
    if isinstance(error, DuplicateKeyError) or DUPLICATE_KEY in codes:
        return ConflictException("An entry with this key already exists")
    return None


def _codes(error: OperationFailure) -> set[int | None]:
    faults: list[Mapping[str, Any]] = (error.details or {}).get("writeErrors", [])
    return {error.code, *(each["code"] for each in faults)}


def _is_unconfirmed(error: OperationFailure) -> bool:
    """Return whether the server has written, but cannot promise that it lasts."""
    if isinstance(error, BulkWriteError):
        return bool(error.details.get("writeConcernErrors"))
    return isinstance(error, WriteConcernError)
