"""Waiting for something to become true, with a deadline."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], *, seconds: float, what: str, pause: float = 0.05) -> None:
    """Ask again and again; when `seconds` have passed, fail with what was waited for and the last exception."""
    deadline = time.monotonic() + seconds
    problem: Exception | None = None
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except SystemError:  # what we wait for has ended and will never come
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it may pass
            problem = error
        time.sleep(pause)
    msg = f"after {seconds:g} s still not: {what} ({problem!r})"
    raise TimeoutError(msg)
