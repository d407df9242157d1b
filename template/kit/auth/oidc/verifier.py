"""Verifies tokens of the identity provider, and remembers the verified ones until they end."""

from collections import OrderedDict
from hashlib import sha256
from time import time
from typing import Any, NamedTuple

import jwt

from kit.auth.oidc import claims
from kit.auth.oidc.keys import Keys
from kit.auth.oidc.settings import OidcSettings
from kit.auth.user import User
from kit.errors import UnauthorizedException

MAX_TOKEN = 16 * 1024


class Verified(NamedTuple):
    user: User
    expires: float
    kid: str
    key: jwt.PyJWK


class OidcVerifier:
    """Finds the users of tokens that the provider has signed for this service."""

    def __init__(self, keys: Keys, settings: OidcSettings) -> None:
        self._keys = keys
        self._settings = settings
        self._verified: OrderedDict[bytes, Verified] = OrderedDict()

    async def user_of(self, token: str) -> User:
        """Return the user of a token, or raise `UnauthorizedException`."""
        digest = sha256(token.encode()).digest()
        if found := self._remembered(digest):
            return found
        try:
            verified = await self._verify(token)
        except jwt.PyJWTError as error:
            self._verified.pop(digest, None)
            raise UnauthorizedException("The token is not valid", details={"reason": str(error)}) from error
        self._remember(digest, verified)
        return verified.user

    async def _verify(self, token: str) -> Verified:
        if len(token) > MAX_TOKEN:
            raise jwt.DecodeError("Token is too long")
        header = jwt.get_unverified_header(token)
        kid, algorithm = header.get("kid"), header.get("alg")
        if algorithm not in self._settings.algorithms:
            raise jwt.InvalidAlgorithmError("The specified alg value is not allowed")
        key = await self._keys.find(kid, algorithm) if kid and isinstance(kid, str) else None
        if key is None:
            raise jwt.InvalidKeyError("The key is not one of the provider's")
        found = self._decode(token, key)
        return Verified(claims.user_of(header, found, self._settings), int(found["exp"]), str(kid), key)

    def _decode(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        return jwt.decode(
            token,
            key,
            algorithms=self._settings.algorithms,  # never those that the token names
            issuer=self._settings.issuer,
            leeway=self._settings.leeway,
            # `claims` compares the audience, which Cognito has elsewhere.
            options={
                "require": ["exp", "iat", "iss", "sub"],
                "verify_aud": False,
                "enforce_minimum_key_length": True,
            },
        )

    def _remembered(self, digest: bytes) -> User | None:
        """Return the user of a token that was verified with a key that is still the provider's."""
        verified = self._verified.get(digest)
        if verified is None or verified.expires <= time():
            return None
        if self._keys.known(verified.kid, verified.key.algorithm_name) is not verified.key:
            return None
        self._verified.move_to_end(digest)
        return verified.user

    def _remember(self, digest: bytes, verified: Verified) -> None:
        self._verified[digest] = verified
        while len(self._verified) > self._settings.token_cache:
            self._verified.popitem(last=False)
