"""Tokens of an identity provider that speaks OpenID Connect; the service keeps no passwords."""

from kit.auth.oidc.lifespan import router

__all__ = ["router"]
