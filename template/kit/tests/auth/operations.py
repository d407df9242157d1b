"""The operations of the OpenAPI document, and tokens that are changed by hand."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from fastapi import FastAPI
from httpx2 import AsyncClient, Response

UNKNOWN_PART = "00000000-0000-4000-8000-000000000000"


class Operation(NamedTuple):
    """An operation, and the scopes that it needs."""

    method: str
    path: str
    scopes: frozenset[str]
    is_protected: bool

    async def call(self, client: AsyncClient, token: str | None, **more: str) -> Response:
        headers = more if token is None else {**more, "Authorization": f"Bearer {token}"}
        pairs = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
        path = re.sub(r"\{\w+\}", UNKNOWN_PART, self.path)
        return await client.request(self.method, path, headers=pairs)


def operations(app: FastAPI) -> Iterator[Operation]:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            security: list[dict[str, list[str]]] = operation.get("security", [])
            scopes = frozenset(scope for each in security for needed in each.values() for scope in needed)
            yield Operation(method.upper(), path, scopes, bool(security))


def protected(app: FastAPI) -> list[Operation]:
    found = [operation for operation in operations(app) if operation.is_protected]
    assert len(found) >= 3
    return found


def encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def unsigned(token: str) -> str:
    _, claims, _ = token.split(".")
    return f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{claims}."


def with_signature_of(token: str, other: str) -> str:
    return f"{token.rpartition('.')[0]}.{other.rpartition('.')[2]}"


def claims_replaced(token: str, **claims: Any) -> str:
    header, payload, signature = token.split(".")
    changed = json.loads(base64.urlsafe_b64decode(payload + "==")) | claims
    return f"{header}.{encoded(changed)}.{signature}"


def header_replaced(token: str, **header: Any) -> str:
    first, _, rest = token.partition(".")
    return f"{encoded(json.loads(base64.urlsafe_b64decode(first + '==')) | header)}.{rest}"
