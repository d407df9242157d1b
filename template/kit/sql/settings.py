"""`DATABASE_…`: how the service reaches its database. `DATABASES__<name>__URL` adds further databases."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    field_validator,
)
from pydantic_settings import SettingsConfigDict
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from kit.settings import BaseSettings
from kit.settings.database import NAMES_ELSEWHERE
from kit.sql.dialect import dialect


def parse_url(url: SecretStr, password: SecretStr | None = None) -> URL:
    """Return the URL with the service's driver and, if given, the password; raise `ValueError` if it is unusable."""
    text = url.get_secret_value()
    if text.count("@") > 1:  # a part of the password would pass for the host, and appear in messages
        raise ValueError("it has more than one @; write one in a login or an option as %40")
    try:
        parsed = make_url(text, keep_blank_values=True)
    except (ArgumentError, ValueError):
        raise ValueError(f"it is not a URL; write it like {dialect.DEFAULT_URL}") from None
    scheme, _, driver = parsed.drivername.partition("+")
    if scheme not in dialect.SCHEMES or driver not in {"", dialect.DRIVER.partition("+")[2]}:
        wanted = f"this service connects to {dialect.NAME} with {dialect.DRIVER}"
        raise ValueError(f"{wanted}, not {parsed.drivername}; write it like {dialect.DEFAULT_URL}")
    parsed = parsed.set(drivername=dialect.DRIVER)
    if fault := dialect.fault_of(parsed):
        raise ValueError(fault)
    return parsed.set(password=password.get_secret_value()) if password else parsed


def shown(options: "DatabaseOptions") -> str:
    """Return the database for who reads of a fault, without a login: `/ready` shows it to everybody."""
    url = parse_url(options.url)
    url = URL.create(url.get_backend_name(), host=url.host, port=url.port, database=url.database)
    return f"the database {url.render_as_string()}"


def _check_url(url: SecretStr) -> SecretStr:
    parse_url(url)
    return url


DatabaseURL = Annotated[SecretStr, AfterValidator(_check_url)]


class DatabaseOptions(BaseModel):
    """A database and its pool. Times are in seconds; only `slow_query_ms` is in milliseconds, and 0 turns it off."""

    url: DatabaseURL
    read_url: DatabaseURL | None = None
    password: SecretStr | None = None
    pool_size: PositiveInt = 10
    max_overflow: NonNegativeInt = 0
    pool_timeout: PositiveFloat = 10
    connect_timeout: PositiveFloat = 5
    timeout: PositiveFloat = 10
    pool_recycle: PositiveInt = 3600
    pool_pre_ping: bool = True
    health_timeout: PositiveFloat = 5
    slow_query_ms: NonNegativeFloat = 500


class DatabaseSettings(BaseSettings, DatabaseOptions):  # pyright: ignore[reportIncompatibleVariableOverride]
    """The database of the service."""

    model_config = SettingsConfigDict(env_prefix="DATABASE_")

    url: DatabaseURL = SecretStr(dialect.DEFAULT_URL)

    names_elsewhere: ClassVar[Mapping[str, str]] = NAMES_ELSEWHERE


class FurtherDatabasesSettings(BaseSettings):
    """Further databases by name; each has the same options as the first."""

    databases: dict[str, DatabaseOptions] = Field(default={})

    @field_validator("databases")
    @classmethod
    def _check_names(cls, databases: dict[str, DatabaseOptions]) -> dict[str, DatabaseOptions]:
        if "default" in databases:
            raise ValueError("the name default belongs to the database of DATABASE_URL; choose another name")
        return databases
