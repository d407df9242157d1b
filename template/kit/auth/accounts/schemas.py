"""The bodies of requests and responses."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from kit.auth.accounts.emails import Email
from kit.auth.accounts.service import Tokens
from kit.auth.accounts.storage import Account

Password = Annotated[SecretStr, Field(min_length=1, max_length=4096)]


class Credentials(BaseModel):
    """Who logs in, or registers."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    password: Password


class RefreshIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    refresh_token: Annotated[SecretStr, Field(max_length=200)]


class PasswordChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    old_password: Password
    new_password: Password


class PasswordIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    password: Password


class AccountOut(BaseModel):
    id: UUID
    email: str
    verified_at: datetime | None
    scopes: list[str]
    created_at: datetime

    @classmethod
    def of(cls, account: Account) -> Self:
        return cls.model_validate({**vars(account), "scopes": sorted(account.scopes)})


class TokensOut(BaseModel):
    """Tokens with the names of OAuth 2. The access token is for requests, the refresh token for the next pair."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105
    expires_in: int = Field(description="Seconds until the access token ends")

    @classmethod
    def of(cls, tokens: Tokens, lifetime: int) -> Self:
        return cls(access_token=tokens.access, refresh_token=tokens.refresh, expires_in=lifetime)
