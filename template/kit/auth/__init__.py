"""Who may call a route: users with bearer tokens, their scopes, and the policy that each route must have."""

from kit.auth.dependencies import UserDep, authenticated, public, requires
from kit.auth.guarded import guarded
from kit.auth.lifespan import router
from kit.auth.user import User

__all__ = ["User", "UserDep", "authenticated", "guarded", "public", "requires", "router"]
