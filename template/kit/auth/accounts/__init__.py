"""Users with a password, whose accounts and sessions are in the database of the service."""

from kit.auth.accounts.routes import router

__all__ = ["router"]
