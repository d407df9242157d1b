"""`AUTH_MAIL_…`: how mails are sent, where their links lead, and how long they work."""

from collections.abc import Iterator
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PositiveFloat, PositiveInt, PrivateAttr, SecretStr
from pydantic_settings import SettingsConfigDict

from kit.auth.accounts.mail.own import own_module
from kit.auth.accounts.settings import RateText
from kit.settings import BaseSettings, Environment

GOOD_PAGE = "https://app.example.com/account"
GOOD_SENDER = "Example <noreply@example.com>"


def _check_page(value: str) -> str:
    try:
        parts = urlsplit(value)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and value.isprintable()
    except ValueError:
        good = False
    if not good or " " in value or "@" in value or "#" in value:
        raise ValueError(f"it is not the URL of a page, without a fragment; write it like {GOOD_PAGE}")
    return value


def _check_sender(value: str) -> str:
    _, address = parseaddr(value)
    try:
        good = value.isprintable() and bool(Address(addr_spec=address).domain)
    except (ValueError, IndexError):
        good = False
    if not good:
        raise ValueError(f"it is not an address, with or without a name; write it like {GOOD_SENDER}")
    return value


class MailSettings(BaseSettings):
    """Times are in seconds. Without `host`, and without a sender of the application, only `local` has mails."""

    model_config = SettingsConfigDict(env_prefix="AUTH_MAIL_")

    host: str | None = None
    port: int | None = Field(default=None, ge=1, le=65535)
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    username: str | None = None
    password: SecretStr | None = None
    sender: Annotated[str, AfterValidator(_check_sender)] | None = None
    timeout: PositiveFloat = 10
    page: Annotated[str, AfterValidator(_check_page)] | None = None
    verified_only: bool = True
    verify_lifetime: PositiveInt = 86400
    reset_lifetime: int = Field(default=3600, ge=60, le=86400)
    rate: RateText = "5/hour"

    # Only the doctor asks the server: the service goes on without it.
    _is_examined: bool = PrivateAttr(default=False)

    @property
    def is_examined(self) -> bool:
        return self._is_examined

    def for_doctor(self) -> Self:
        settings = self.model_copy()
        settings._is_examined = True  # noqa: SLF001 - of the same class
        return settings

    def faults(self, environment: Environment) -> Iterator[str]:
        if bool(self.username) != bool(self.password):
            yield "AUTH_MAIL_USERNAME: it and AUTH_MAIL_PASSWORD belong together, so set both or none"
        if self.host and not self.sender:
            yield f"AUTH_MAIL_SENDER: it is missing; it is who sends the mails, such as {GOOD_SENDER}"
        if (self.host or own_module()) and not self.page and environment is not Environment.LOCAL:
            yield f"AUTH_MAIL_PAGE: it is missing; links lead to this page of your front end, such as {GOOD_PAGE}"
        if environment is Environment.PRODUCTION:
            yield from self._faults_in_production()

    def _faults_in_production(self) -> Iterator[str]:
        if self.host and self.tls == "none":
            yield "AUTH_MAIL_TLS: it is none, so others could read the links in mails; use starttls or implicit"
        if self.page and not self.page.startswith("https://"):
            yield f"AUTH_MAIL_PAGE: it is not https, so others could get the tokens of links; write it like {GOOD_PAGE}"
