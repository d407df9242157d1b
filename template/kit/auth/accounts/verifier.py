"""Finds the user of an access token. The session is looked up each time, so a token ends with it at once."""

import jwt

from kit.auth.accounts.service import Accounts
from kit.auth.user import User
from kit.errors import UnauthorizedException


class AccountVerifier:
    """Finds the users of tokens that this service has signed."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def user_of(self, token: str) -> User:
        """Return the user of a token, or raise `UnauthorizedException`."""
        try:
            access = self._accounts.tokens.read(token)
        except (jwt.PyJWTError, ValueError) as error:
            raise UnauthorizedException("The token is not valid", details={"reason": str(error)}) from error
        account = await self._accounts.storage.account_of(access.session_id)
        if account is None or account.id != access.account_id:
            raise UnauthorizedException("The session has ended")
        return User(id=str(account.id), scopes=account.scopes, claims={"sid": str(access.session_id)})
