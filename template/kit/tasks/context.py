"""What travels with a task from the request that deferred it to its runs; a trace context belongs here too."""

import json
from collections.abc import Generator
from contextlib import contextmanager

from structlog.contextvars import bound_contextvars, get_contextvars

TRAVELS = ("request_id", "user_id")


def capture() -> str:
    """Return what is known of the present request, as JSON."""
    known = get_contextvars()
    return json.dumps({name: str(known[name]) for name in TRAVELS if name in known})


@contextmanager
def restored(context: str) -> Generator[dict[str, str]]:
    """Log with what a task brings along, and yield it."""
    values: dict[str, str] = json.loads(context)
    with bound_contextvars(**values):
        yield values
