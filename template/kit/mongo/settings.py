"""`DATABASE_…`: how the service reaches its database. `DATABASES__<name>__URL` adds further databases."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, Literal
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
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

from kit.settings import BaseSettings
from kit.settings.database import NAMES_ELSEWHERE

DEFAULT_URL = "mongodb://app:app@localhost:27017/app?authSource=admin"
SCHEMES = {"mongodb", "mongodb+srv"}


def database_of(url: SecretStr) -> str:
    """Return the name of the database, which is the path of the URL; raise `ValueError` if the URL is unusable."""
    return _checked(url.get_secret_value())


@cache
def _checked(url: str) -> str:
    scheme, _, rest = url.partition("://")
    if scheme not in SCHEMES or not rest:
        raise ValueError(f"it is not a MongoDB URL; write it like {DEFAULT_URL}")
    try:
        parse_uri(_without_srv(url))  # this refuses options of which a client only warns
        # A password in DATABASE_PASSWORD may be the only one.
        MongoClient[Any](_without_srv(url), connect=False, password="-").close()  # noqa: S106
        name = urlsplit(url).path.removeprefix("/")
    except (PyMongoError, ValueError, OSError) as error:  # OSError: a missing file, or one without a certificate
        reason = error.strerror if isinstance(error, OSError) else error
        raise ValueError(f"{reason}; write it like {DEFAULT_URL}") from None
    if not name:
        raise ValueError(f"it does not name the database; write it like {DEFAULT_URL}")
    return name


def _without_srv(url: str) -> str:
    """Return a `mongodb+srv:` URL as one that can be checked without asking the name server."""
    if not url.startswith("mongodb+srv:"):
        return url
    rest, separator, query = url.removeprefix("mongodb+srv").partition("?")
    options = [option for option in query.split("&") if not option.lower().startswith("srv")]
    return f"mongodb{rest}{separator if options else ''}{'&'.join(options)}"


def _check_url(url: SecretStr) -> SecretStr:
    database_of(url)
    return url


DatabaseURL = Annotated[SecretStr, AfterValidator(_check_url)]


class DatabaseOptions(BaseModel):
    """A database and its pool. Times are in seconds; only `slow_query_ms` is in milliseconds, and 0 turns it off."""

    url: DatabaseURL
    password: SecretStr | None = None
    pool_size: PositiveInt = 10
    pool_timeout: PositiveFloat = 10
    connect_timeout: PositiveFloat = 5
    timeout: PositiveFloat = 10
    health_timeout: PositiveFloat = 5
    slow_query_ms: NonNegativeFloat = 500
    read_preference: Literal["primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest"] = "primary"


class DatabaseSettings(BaseSettings, DatabaseOptions):  # pyright: ignore[reportIncompatibleVariableOverride]
    """The database of the service."""

    model_config = SettingsConfigDict(env_prefix="DATABASE_")

    url: DatabaseURL = SecretStr(DEFAULT_URL)

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
