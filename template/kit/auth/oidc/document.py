"""Makes "Authorize" in `/docs` log in at the provider, with the code flow and PKCE."""

from typing import Any

from fastapi import FastAPI

from kit.auth.oidc.provider import WELL_KNOWN
from kit.auth.oidc.settings import OidcSettings

SCHEME = "provider"


def state_provider(app: FastAPI, settings: OidcSettings) -> None:
    """Add the provider to the OpenAPI document of a running service, for each operation that takes a bearer token.

    The document of `python -m app openapi` does not have it: it is the same for each environment.
    """
    without = app.openapi

    def openapi() -> dict[str, Any]:
        document = without()
        _add(document, settings.issuer.rstrip("/") + WELL_KNOWN)
        return document

    app.openapi = openapi
    app.swagger_ui_init_oauth = {"clientId": settings.docs_client, "usePkceWithAuthorizationCodeGrant": True}


def _add(document: dict[str, Any], url: str) -> None:
    schemes: dict[str, Any] = document.get("components", {}).get("securitySchemes", {})
    if "bearer" not in schemes or SCHEME in schemes:
        return
    schemes[SCHEME] = {"type": "openIdConnect", "openIdConnectUrl": url}
    for operations in document["paths"].values():
        for operation in operations.values():
            security: list[dict[str, list[str]]] = operation.get("security", [])
            security += [{SCHEME: needed["bearer"]} for needed in security if "bearer" in needed]
