"""A policy for an ASGI application that has none of its own, such as a mounted one."""

from typing import Any

from fastapi.params import Depends, Security
from fastapi.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from kit.auth.admission import admit
from kit.auth.dependencies import authenticated, public, user_of


class Guarded:
    """An ASGI application behind a policy."""

    def __init__(self, app: ASGIApp, policy: Any) -> None:
        call = policy.dependency if isinstance(policy, Depends) else policy
        if call not in {authenticated, public}:
            raise ValueError(f"{policy!r} is no policy; use public, authenticated or requires(…)")
        self.scopes = [*(policy.scopes or ())] if isinstance(policy, Security) else []
        self.policy = call
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.policy is authenticated:
            await admit(user_of, HTTPConnection(scope), self.scopes)
        await self._app(scope, receive, send)


def guarded(app: ASGIApp, policy: Any) -> Guarded:
    """Return the application behind `public`, `authenticated` or `requires(…)`, to mount it or to add it as a route.

    The application finds the user in `scope["user"]`.
    """
    return Guarded(app, policy)
