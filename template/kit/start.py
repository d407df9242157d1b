"""Why the service does not start, as a sentence where that is known: a server that is away needs no traceback."""

import sys

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.errors import ServiceUnavailableException


class StartError(Exception):
    """What keeps the service from starting, in a sentence."""


def reason_of(error: BaseException | None) -> str | None:
    """Return the sentence of an error that needs no traceback; not of one that some socket has raised."""
    if isinstance(error, ServiceUnavailableException):
        return f"{error}: {error.__cause__}" if error.__cause__ else str(error)
    return str(error) if isinstance(error, StartError) or type(error) is ConnectionError else None


class StartMiddleware:
    """Has the server say why the service does not start, instead of how it came to know."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        said = False

        async def send_reason(message: Message) -> None:
            nonlocal said
            if message["type"] == "lifespan.startup.failed" and (reason := reason_of(sys.exception())):
                said = True
                message["message"] = f"The service does not start: {reason}"
            await send(message)

        try:
            await self._app(scope, receive, send_reason)
        except Exception:
            if not said:
                raise
