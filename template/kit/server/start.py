"""The reason why a service does not start, as a sentence where it is known."""

import sys

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.errors import ServiceUnavailableException
from kit.settings.names import warn_of_unknown_settings


class StartError(Exception):
    """The service cannot start, for the reason in the message."""


def reason_of(error: BaseException | None) -> str | None:
    """Return the message of an error that needs no traceback, such as that of a server that does not answer."""
    if isinstance(error, ServiceUnavailableException):
        return f"{error}: {error.__cause__}" if error.__cause__ else str(error)
    return str(error) if isinstance(error, StartError) or type(error) is ConnectionError else None


class StartMiddleware:
    """Makes the server log the reason why the service does not start, instead of a traceback.

    It also logs which settings are ignored, for servers other than that of `serve`, such as that of `fastapi dev`.
    """

    warns = True

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        if self.warns:
            warn_of_unknown_settings()
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
