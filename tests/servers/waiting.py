"""Wait for a condition, with a deadline."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], *, seconds: float, what: str, pause: float = 0.05) -> None:
    """Check a condition again and again; after `seconds`, raise `TimeoutError` with `what` and the last exception."""
    deadline = time.monotonic() + seconds
    problem: Exception | None = None
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except SystemError:  # the program has ended, so the condition can never become true
            raise
        except Exception as error:  # noqa: BLE001 - any error may be temporary
            problem = error
        time.sleep(pause)
    msg = f"after {seconds:g} s still not: {what} ({problem!r})"
    raise TimeoutError(msg)
