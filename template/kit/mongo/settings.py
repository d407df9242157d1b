"""`DATABASE_…`: how the service reaches its database. `DATABASES__<name>__URL` adds further databases."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    field_validator,
)
from pydantic_settings import SettingsConfigDict
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

from kit.settings import BaseSettings

DEFAULT_URL = "mongodb://app:app@localhost:27017/app?authSource=admin"
SCHEMES = {"mongodb", "mongodb+srv"}


def database_of(url: SecretStr) -> str:
    """Return the name of the database, which is the path of the URL; raise `ValueError` if the URL is unusable."""
    text = url.get_secret_value()
    scheme, _, rest = text.partition("://")
    if scheme not in SCHEMES or not rest:
        raise ValueError(f"it is not a MongoDB URL; write it like {DEFAULT_URL}")
    if scheme == "mongodb":  # parsing the other one asks the name server
        try:
            parse_uri(text)
        except (PyMongoError, ValueError) as error:
            raise ValueError(f"{error}; write it like {DEFAULT_URL}") from None
    name = urlsplit(text).path.removeprefix("/")
    if not name:
        raise ValueError(f"it does not name the database; write it like {DEFAULT_URL}")
    return name


def _check_url(url: SecretStr) -> SecretStr:
    database_of(url)
    return url


DatabaseURL = Annotated[SecretStr, AfterValidator(_check_url)]


class DatabaseOptions(BaseModel):
    """A database and its pool. Times are in seconds; only `slow_query_ms` is in milliseconds, and 0 turns it off."""

    url: DatabaseURL
    password: SecretStr | None = None
    pool_size: PositiveInt = 10
    pool_timeout: PositiveFloat = 30
    connect_timeout: PositiveFloat = 5
    timeout: PositiveFloat = 10
    health_timeout: PositiveFloat = 5
    slow_query_ms: NonNegativeFloat = 500
    read_preference: Literal["primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest"] = "primary"


class DatabaseSettings(BaseSettings, DatabaseOptions):  # pyright: ignore[reportIncompatibleVariableOverride]
    """The database of the service."""

    model_config = SettingsConfigDict(env_prefix="DATABASE_")

    url: DatabaseURL = SecretStr(DEFAULT_URL)


class FurtherDatabasesSettings(BaseSettings):
    """Further databases by name; each has the same options as the first."""

    databases: dict[str, DatabaseOptions] = Field(default={})

    @field_validator("databases")
    @classmethod
    def _check_names(cls, databases: dict[str, DatabaseOptions]) -> dict[str, DatabaseOptions]:
        if "default" in databases:
            raise ValueError("the name default belongs to the database of DATABASE_URL; choose another name")
        return databases
