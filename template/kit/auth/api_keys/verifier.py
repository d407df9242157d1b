"""Finds the user of an API key, and leaves all other tokens to the verifier that the service has for them."""

from pydantic import Field

from kit.auth.api_keys.keys import PREFIX
from kit.auth.api_keys.service import ApiKeys
from kit.auth.api_keys.storage import ApiKey
from kit.auth.user import User, Verifier


class KeyUser(User, frozen=True):
    """A user who sends an API key. The scopes are those of the key."""

    key: ApiKey = Field(exclude=True, repr=False)


class ApiKeyVerifier:
    """Tells by the prefix whose token it is: no other verifier sees a key, and no token is looked up as a key."""

    def __init__(self, keys: ApiKeys, others: Verifier) -> None:
        self._keys = keys
        self._others = others

    async def user_of(self, token: str) -> User:
        """Return the user of a key or of another token, or raise `UnauthorizedException`."""
        if not token.startswith(PREFIX):
            return await self._others.user_of(token)
        key, scopes = await self._keys.verify(token)
        return KeyUser(id=key.owner, scopes=scopes, key=key)
