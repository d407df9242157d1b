"""The bodies of requests and responses about mails."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from kit.auth.accounts.emails import Email
from kit.auth.accounts.schemas import Password

MailToken = Annotated[SecretStr, Field(min_length=1, max_length=200)]


class AddressIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Email


class AddressChange(AddressIn):
    password: Password


class MailTokenIn(BaseModel):
    """What the fragment of a link has after the `=`."""

    model_config = ConfigDict(extra="forbid")

    token: MailToken


class PasswordReset(MailTokenIn):
    new_password: Password


class Accepted(BaseModel):
    """The answer whether there is such an account or not."""

    message: str = "If there is something to do for this address, a mail to it says what"
