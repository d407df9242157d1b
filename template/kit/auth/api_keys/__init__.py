"""API keys: for programs, named and with scopes, kept as hashes in the database of the service."""

from kit.auth.api_keys.routes import router

__all__ = ["router"]
