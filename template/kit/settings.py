"""Settings, read once from the environment, mounted secrets and .env files; and the settings that all services have."""

import re
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import pydantic_settings
from fastapi import FastAPI
from pydantic import AfterValidator, BeforeValidator, ByteSize, PositiveFloat, PositiveInt, SecretStr, ValidationError
from pydantic_settings import (
    DotEnvSettingsSource,
    NestedSecretsSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from kit.discovery import PYPROJECT, modules

__all__ = [
    "BaseSettings",
    "Environment",
    "Settings",
    "SettingsByClass",
    "SettingsError",
    "get_settings",
    "read_settings",
]

PROJECT: dict[str, Any] = PYPROJECT["project"]
MOUNTED_SECRETS = Path("/mnt/secrets")
EXAMPLE_SECRET_KEY = "change-me-to-at-least-32-random-characters"  # noqa: S105 - refused in production
SHORTEST_SECRET_KEY = 32
MISSING = "it is missing, and has no default"
ORIGIN = re.compile(r"https?://[^/\s]+")


class Environment(StrEnum):
    """Where the service runs."""

    LOCAL = "local"
    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


def _canonical(name: str) -> str:
    name = name.strip().lower()
    return "development" if name.startswith("dev") else {"uat": "staging", "prod": "production"}.get(name, name)


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _check_proxy(value: str) -> str:
    if value != "*":
        ip_network(value)
    return value


def _check_origin(value: str) -> str:
    if value != "*" and not ORIGIN.fullmatch(value):
        raise ValueError(f"'{value}' is not an origin; write it like https://app.example.com")
    return value


EnvironmentName = Annotated[Environment, BeforeValidator(_canonical)]
Proxies = Annotated[tuple[Annotated[str, AfterValidator(_check_proxy)], ...], NoDecode, BeforeValidator(_split)]
Origins = Annotated[tuple[Annotated[str, AfterValidator(_check_origin)], ...], NoDecode, BeforeValidator(_split)]


class BaseSettings(pydantic_settings.BaseSettings):
    """The base class of all settings.

    A value comes from the environment, else from mounted secrets, `.env.{environment}`, `.env`, or the default.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, env_nested_delimiter="__", hide_input_in_errors=True
    )

    def faults(self, environment: Environment) -> Iterator[str]:
        """Yield a line such as `DEBUG: it is on` for each value that this environment does not allow.

        With any fault, the service does not start.
        """
        del environment
        yield from ()

    def for_doctor(self) -> Self:
        """Return the settings with which the doctor starts the service, so that it only checks and does no work."""
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[pydantic_settings.BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        given = dotenv_settings.env_file if isinstance(dotenv_settings, DotEnvSettingsSource) else None
        dotenv = DotEnvSettingsSource(settings_cls, env_file=given or _dotenv_files(_environment()))
        return init_settings, env_settings, _mounted_secrets(file_secret_settings), dotenv


class _EnvironmentSettings(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env")

    environment: EnvironmentName = Environment.LOCAL


def _environment() -> Environment:
    try:
        return _EnvironmentSettings().environment
    except ValidationError:  # `Settings` reports it together with all other faults
        return Environment.LOCAL


def _dotenv_files(environment: Environment) -> tuple[str, ...]:
    """Return the names of the .env files; later ones win."""
    return ".env", f".env.{environment}"


def _mounted_secrets(source: PydanticBaseSettingsSource) -> PydanticBaseSettingsSource:
    folders = [MOUNTED_SECRETS, *sorted(path for path in MOUNTED_SECRETS.glob("[!.]*") if path.is_dir())]
    return NestedSecretsSettingsSource(source, secrets_dir=folders, secrets_dir_missing="ok")


class Settings(BaseSettings):
    """The settings that every service has; sizes are in bytes, times in seconds."""

    app_name: str = PROJECT["name"]
    app_version: str = PROJECT["version"]
    environment: EnvironmentName = Environment.LOCAL
    debug: bool = False
    secret_key: SecretStr | None = None
    max_body_size: ByteSize = ByteSize(10_000_000)
    trusted_proxies: Proxies = ()
    health_timeout: PositiveFloat = 5
    shutdown_timeout: PositiveInt = 30
    cors_origins: Origins = ()
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    log_format: Literal["console", "json"] | None = None
    log_dir: Path | None = None
    semaphores: dict[str, PositiveInt] = {}

    @property
    def in_production(self) -> bool:
        return self.environment is Environment.PRODUCTION

    def for_doctor(self) -> Self:
        # Not `local`: there, starting a service changes more than the doctor may.
        environment = Environment.DEVELOPMENT if self.environment is Environment.LOCAL else self.environment
        return self.model_copy(update={"environment": environment, "log_level": "CRITICAL"})

    def faults(self, environment: Environment) -> Iterator[str]:
        if environment is not Environment.PRODUCTION:
            return
        key = self.secret_key.get_secret_value() if self.secret_key else ""
        if not key:
            yield "SECRET_KEY: it is missing; production needs one, such as the output of `openssl rand -hex 32`"
        elif key == EXAMPLE_SECRET_KEY:
            yield "SECRET_KEY: it is the one of .env.example; use the output of `openssl rand -hex 32`"
        elif len(key) < SHORTEST_SECRET_KEY:
            yield f"SECRET_KEY: it has {len(key)} characters; production needs at least {SHORTEST_SECRET_KEY}"
        if self.debug:
            yield "DEBUG: it is on; production must not show internals, so set it to false"
        if "*" in self.cors_origins:
            yield "CORS_ORIGINS: it allows every origin; list the allowed ones, such as https://app.example.com"


class SettingsError(Exception):
    """The service cannot start with its settings; `faults` has a line for each fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(["The service cannot start with these settings:", *(f"  {f}" for f in faults)]))
        self.faults = faults


AnySettings = TypeVar("AnySettings", bound=BaseSettings)
SettingsByClass = dict[type[BaseSettings], Any]


def settings_classes() -> list[type[BaseSettings]]:
    """Return the settings classes of all `settings.py`; a class of the application replaces the class it extends."""
    found = [
        value
        for module in modules("**/settings.py")
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseSettings) and value.__module__ == module.__name__
        if value is not BaseSettings and not value.__name__.startswith("_")
    ]
    return list({_kind(cls): cls for cls in found}.values())


def read_settings(*given: BaseSettings) -> SettingsByClass:
    """Read and audit all settings, except those given; raise `SettingsError` with all faults at once."""
    environment = _environment()
    read: SettingsByClass = {_kind(type(settings)): settings for settings in given}
    faults: list[str] = []
    for cls in settings_classes():
        if (kind := _kind(cls)) not in read:
            settings, found = _read(cls, environment)
            faults += found
            if settings:
                read[kind] = settings
    faults += _audit(read, environment)
    if faults:
        raise SettingsError(faults)
    return read


def get_settings(app: FastAPI, cls: type[AnySettings]) -> AnySettings:
    """Return the settings of one class, as the service was created with them."""
    return app.state.settings[_kind(cls)]


def _kind(cls: type[BaseSettings]) -> type[BaseSettings]:
    """Return the class under which settings are stored: the one directly below `BaseSettings`, such as the kit's."""
    return [each for each in cls.__mro__ if issubclass(each, BaseSettings)][-2] if cls is not BaseSettings else cls


def _read(cls: type[BaseSettings], environment: Environment) -> tuple[BaseSettings | None, list[str]]:
    """Return the settings of one class and their faults; defaults replace faulty values, so that the audit goes on."""
    options: dict[str, Any] = {"_env_file": _dotenv_files(environment)}
    try:
        return cls(**options), []
    except ValidationError as error:
        return _with_defaults(cls, error), _faults_of(cls, error)
    except pydantic_settings.SettingsError as error:
        name = "".join(re.findall(r'field "(\w+)"', str(error))).upper()
        return None, [f"{name}: it is not valid JSON; set its parts one by one as {name}__<name>"]


def _with_defaults(cls: type[BaseSettings], error: ValidationError) -> BaseSettings | None:
    names = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
    with suppress(ValidationError):  # the fault is in a nested setting, which the default does not replace
        return cls(**{name: cls.model_fields[name].get_default() for name in names})
    return None


def _audit(read: SettingsByClass, environment: Environment) -> list[str]:
    """Return the faults of values that are not allowed in this environment."""
    return [fault for settings in read.values() for fault in settings.faults(environment)]


def _faults_of(cls: type[BaseSettings], error: ValidationError) -> list[str]:
    prefix = cls.model_config.get("env_prefix", "")
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        f"{prefix}{'__'.join(map(str, fault['loc']))}".upper()
        + f": {MISSING if fault['type'] == 'missing' else fault['msg'].removeprefix('Value error, ')}"
        for fault in faults
    ]
