"""The translation of driver errors: a duplicate key is a 409, a server that does not answer a 503."""

from collections.abc import Generator
from contextlib import contextmanager

from pymongo.errors import BulkWriteError, ConnectionFailure, DuplicateKeyError, WaitQueueTimeoutError

from kit.errors import ConflictException, ServiceUnavailableException

DUPLICATE_KEY = 11000


@contextmanager
def translated_errors() -> Generator[None]:
    """Turn a duplicate key into `ConflictException`, a missing connection into `ServiceUnavailableException`."""
    try:
        yield
    except DuplicateKeyError as error:
        raise ConflictException("An entry with this key already exists") from error
    except BulkWriteError as error:
        if any(each["code"] == DUPLICATE_KEY for each in error.details["writeErrors"]):
            raise ConflictException("An entry with this key already exists") from error
        raise
    except WaitQueueTimeoutError as error:
        raise ServiceUnavailableException("All connections to the database are busy") from error
    except ConnectionFailure as error:
        raise ServiceUnavailableException("The database does not answer") from error
