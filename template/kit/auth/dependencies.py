"""The policies of routes as dependencies: `public`, `authenticated` and `requires`."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Security

from kit.auth import bearer
from kit.auth.admission import UserOf
from kit.auth.user import User
from kit.discovery import modules


async def public() -> None:
    """Let everybody in; with this, a route says that it needs no user."""


# A part that takes more than bearer tokens brings a policy of its own.
POLICY: Any = next(iter(modules("auth/cookies/policy.py")), bearer)
user_of: UserOf = POLICY.user_of

authenticated: Callable[..., Awaitable[User]] = POLICY.authenticated
"""Returns the user of a request, who must have the scopes that `requires` names."""


def requires(scope: str, *more: str) -> Any:
    """Return the policy that lets in users with all of these scopes or roles.

    Declare it as `dependencies=[requires("items:write")]`, or `user: Annotated[User, requires("items:write")]`.
    """
    return Security(authenticated, scopes=[scope, *more])


UserDep = Annotated[User, Depends(authenticated)]
