"""Where settings come from: the environment, mounted secrets and .env files; and the base class that reads them."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import pydantic_settings
from dotenv import dotenv_values
from pydantic import BeforeValidator, ValidationError
from pydantic_settings import (
    DotEnvSettingsSource,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings.sources.utils import parse_env_vars

MOUNTED_SECRETS = Path("/mnt/secrets")
DOTENV = re.compile(r"\.env\.([\w-]+)")


class Environment(StrEnum):
    """Where the service runs."""

    LOCAL = "local"
    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


def _canonical(name: str) -> str:
    name = name.strip().lower()
    return "development" if name.startswith("dev") else {"uat": "staging", "prod": "production"}.get(name, name)


EnvironmentName = Annotated[Environment, BeforeValidator(_canonical)]


class SettingsError(Exception):
    """The service cannot start with its settings; `faults` has a line for each fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(["The service cannot start with these settings:", *(f"  {f}" for f in faults)]))
        self.faults = faults


class BaseSettings(pydantic_settings.BaseSettings):
    """The base class of all settings.

    A value comes from the environment, else from mounted secrets, `.env.{environment}`, `.env`, or the default.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, env_nested_delimiter="__", hide_input_in_errors=True
    )

    names_elsewhere: ClassVar[Mapping[str, str]] = {}
    """Names that other services give to such settings, as regular expressions, and what to set here instead."""

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
        dotenv = DotenvFiles(settings_cls, env_file=given or cls.dotenv_files())
        return init_settings, env_settings, MountedSecrets(file_secret_settings, **folders_of_secrets()), dotenv

    @classmethod
    def dotenv_files(cls) -> tuple[str, ...]:
        """Return the names of the .env files; later ones win."""
        return dotenv_files(environment_of_process())


class DotenvFiles(DotEnvSettingsSource):
    """Takes values literally: `${…}` in a secret is no variable."""

    def _read_env_file(self, file_path: Path) -> Mapping[str, str | None]:
        values = dotenv_values(stream=StringIO(_text_of(file_path)), interpolate=False)
        return parse_env_vars(values, self.case_sensitive, self.env_ignore_empty, self.env_parse_none_str)


class MountedSecrets(NestedSecretsSettingsSource):
    @classmethod
    def load_secrets(cls, path: Path) -> dict[str, str]:
        return {str(file.relative_to(path)): _text_of(file).strip() for file in cls._iter_secret_files(path)}


class _EnvironmentSettings(BaseSettings):
    environment: EnvironmentName = Environment.LOCAL

    @classmethod
    def dotenv_files(cls) -> tuple[str, ...]:
        return (".env",)  # whose value decides which other file is read


def environment_of_process() -> Environment:
    """Return the environment according to all sources, or `local` if they name none that exists."""
    try:
        return _EnvironmentSettings().environment
    except ValidationError:  # `Settings` reports it together with all other faults
        return Environment.LOCAL


def dotenv_files(environment: Environment) -> tuple[str, ...]:
    """Return the names of the .env files; later ones win."""
    return ".env", f".env.{environment}"


def misnamed_files(environment: Environment) -> list[str]:
    """Return a fault for each file such as `.env.prod`, which would be ignored."""
    names = [path.name for path in sorted(Path().glob(".env.*")) if path.is_file()]
    return [
        f"{name}: it is not read; rename it to .env.{environment}"
        for name in names
        if (found := DOTENV.fullmatch(name)) and name not in dotenv_files(environment)
        if _canonical(found[1]) == environment
    ]


def folders_of_secrets() -> dict[str, Any]:
    folders = [MOUNTED_SECRETS, *sorted(path for path in MOUNTED_SECRETS.glob("[!.]*") if path.is_dir())]
    return {"secrets_dir": folders, "secrets_dir_missing": "ok"}


def _text_of(file: Path) -> str:
    """Return the text of a file; raise `SettingsError` with the reason why it has none."""
    try:
        text = file.read_text("utf-8-sig")
    except OSError as error:
        raise SettingsError([f"{file.name}: it cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:  # also UTF-16 without a byte order mark
        raise SettingsError([f"{file.name}: it is not in UTF-8; save it with this encoding"])
    return text
