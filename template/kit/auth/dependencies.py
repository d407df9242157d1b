"""The policies of routes as dependencies: `public`, `authenticated` and `requires`."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Security

from kit.auth import bearer
from kit.auth.user import User
from kit.discovery import modules


async def public() -> None:
    """Let everybody in; with this, a route says that it needs no user."""


def _policy() -> Callable[..., Awaitable[User]]:
    """Return the policy that takes what this service takes: bearer tokens, or session cookies too."""
    of_cookies = modules("auth/cookies/policy.py")
    return (of_cookies[0] if of_cookies else bearer).authenticated


authenticated = _policy()
"""Returns the user of a request, who must have the scopes that `requires` names."""


def requires(scope: str, *more: str) -> Any:
    """Return the policy that lets in users with all of these scopes or roles.

    Declare it as `dependencies=[requires("items:write")]`, or `user: Annotated[User, requires("items:write")]`.
    """
    return Security(authenticated, scopes=[scope, *more])


UserDep = Annotated[User, Depends(authenticated)]
