"""The options of a database URL: each is understood, or refused."""

from collections.abc import Collection

from sqlalchemy import URL
from sqlalchemy.exc import ArgumentError

LISTS = {"host", "port"}  # of several servers
LOGIN = {"user", "username", "password", "passwd", "db", "dbname", "database"}
TLS_WORDS = ("ssl", "tls")
TLS_SPELLING = "for TLS, write sslmode=require, or sslmode=verify-full with sslrootcert=<file>"


def fault_of(url: URL, known: Collection[str]) -> str | None:
    """Return what is wrong with the names of the options, or `None`."""
    for name, value in url.query.items():
        if name in known:
            if not value or (not isinstance(value, str) and name not in LISTS):
                return f"it has the option {name} {'twice' if value else 'without a value'}"
        elif name.lower() in LOGIN:
            return f"it has the option {name}; write the login and the name like scheme://user:password@host/name"
        elif any(word in name.lower() for word in TLS_WORDS) and "sslmode" in known:
            return f"it has the option {name}, which is not supported; {TLS_SPELLING}"
        else:
            return f"it has the option {name}, which is not supported; remove it, or use {', '.join(sorted(known))}"
    return None


def fault_of_values(url: URL) -> str | None:
    """Return what is wrong with the values that SQLAlchemy converts for the driver, or `None`."""
    try:
        url.get_dialect()().create_connect_args(url)
    except (ArgumentError, ValueError) as error:
        return f"its options have wrong values: {error}"
    return None


def positive(url: URL, name: str, default: float) -> float:
    """Return an option that is a number of seconds; raise `ValueError` if it is not."""
    given = str(url.query.get(name, default))
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ValueError(f"its {name} is '{given}'; write seconds, like {name}={default:g}")
    return seconds
