"""The translation of database errors: a duplicate key is a 409, a server that does not answer or refuses a 503."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event, exc
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect, ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry

from kit.errors import ConflictException, ServiceUnavailableException
from kit.sql.dialect import dialect


class TransactionConflictError(ServiceUnavailableException):
    """Another transaction was in the way; the same one can succeed when it is tried again."""

    def __init__(self) -> None:
        super().__init__("The database is busy with conflicting transactions", headers={"Retry-After": "1"})


def driver_message(error: BaseException | None) -> str:
    """Return the message of the driver, without class names and links to documentation."""
    original = getattr(error, "orig", None) or error
    words = original.args[-1] if original and original.args else original
    return re.sub(r"^<class '[\w.]+'>: ", "", str(words))


@contextmanager
def translated_errors() -> Generator[None]:
    """Turn a duplicate key into `ConflictException`, a state of the server into `ServiceUnavailableException`."""
    try:
        yield
    except exc.IntegrityError as error:
        if dialect.is_unique_violation(error.orig):
            raise ConflictException("An entry with this key already exists") from error
        raise
    except exc.TimeoutError as error:
        raise ServiceUnavailableException("All connections to the database are busy") from error
    except exc.DBAPIError as error:
        if (translated := _translated(error)) is None:
            raise
        raise translated from error


def _translated(error: exc.DBAPIError) -> ServiceUnavailableException | None:
    if dialect.is_conflict(error.orig):
        return TransactionConflictError()
    if error.statement is not None and dialect.is_refusal(error.orig):
        return ServiceUnavailableException("The database refuses to work")
    if error.statement is None or error.connection_invalidated:
        return ServiceUnavailableException("The database does not answer")
    return None


def is_lost(error: BaseException | None) -> bool:
    """Whether a connection that had been open was lost, other than by a statement that took too long."""
    return (
        isinstance(error, exc.DBAPIError) and error.connection_invalidated and not isinstance(error.orig, TimeoutError)
    )


def give_up_connections(engine: Engine) -> None:
    """Give up the connection of a statement or a commit that takes too long, and that to a server which is read-only.

    The name of the server may lead to another one now. What takes too long is raised as SQLAlchemy's error.
    """

    def handle(context: ExceptionContext) -> None:
        if isinstance(context.original_exception, TimeoutError):
            context.is_disconnect = True
            raise exc.OperationalError(context.statement, None, context.original_exception, connection_invalidated=True)
        if dialect.is_read_only(context.original_exception):
            context.is_disconnect, context.invalidate_pool_on_disconnect = True, False

    event.listen(engine, "handle_error", handle)


def wrap_connection_errors(engine: Engine) -> None:
    """Raise every failure to connect as SQLAlchemy's error; drivers let socket errors through."""

    def connect(
        dialect: Dialect, _record: ConnectionPoolEntry, args: tuple[Any, ...], options: dict[str, Any]
    ) -> DBAPIConnection:
        try:
            return dialect.connect(*args, **options)
        except dialect.loaded_dbapi.Error:
            raise
        except Exception as error:
            raise dialect.loaded_dbapi.InterfaceError(str(error) or repr(error)) from error

    event.listen(engine, "do_connect", connect)
