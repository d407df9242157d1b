"""What the errors of the driver mean to a client: a taken key is a conflict, an absent server a 503."""

from collections.abc import Generator
from contextlib import contextmanager

from pymongo.errors import BulkWriteError, ConnectionFailure, DuplicateKeyError, WaitQueueTimeoutError

from kit.errors import ConflictException, ServiceUnavailableException

DUPLICATE_KEY = 11000


@contextmanager
def translated_errors() -> Generator[None]:
    """Turn a unique violation into `ConflictException`, an absent database into `ServiceUnavailableException`."""
    try:
        yield
    except DuplicateKeyError as error:
        raise ConflictException("There is one with this key already") from error
    except BulkWriteError as error:
        if any(each["code"] == DUPLICATE_KEY for each in error.details["writeErrors"]):
            raise ConflictException("There is one with this key already") from error
        raise
    except WaitQueueTimeoutError as error:
        raise ServiceUnavailableException("All connections to the database are busy") from error
    except ConnectionFailure as error:
        raise ServiceUnavailableException("The database does not answer") from error
