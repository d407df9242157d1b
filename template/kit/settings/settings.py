"""The settings that all services have, and what is needed to read these and others."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import ByteSize, Field, PositiveFloat, PositiveInt, SecretStr

from kit.discovery import PYPROJECT
from kit.settings.sources import BaseSettings, Environment, EnvironmentName
from kit.settings.values import Origins, Proxies

PROJECT: dict[str, Any] = PYPROJECT["project"]
EXAMPLE_SECRET_KEY = "change-me-to-at-least-32-random-characters"  # noqa: S105 - refused in production
MIN_SECRET_KEY_LENGTH = 32


class Settings(BaseSettings):
    """The settings that every service has; sizes are in bytes, times in seconds."""

    app_name: str = PROJECT["name"]
    app_version: str = PROJECT["version"]
    environment: EnvironmentName = Environment.LOCAL
    debug: bool = False
    secret_key: SecretStr | None = None
    max_body_size: ByteSize = ByteSize(10_000_000)
    body_timeout: PositiveFloat = 30
    send_timeout: PositiveFloat = 60
    compression: bool = True
    trusted_proxies: Proxies = ()
    health_timeout: PositiveFloat = 5
    shutdown_timeout: PositiveInt = 30
    cors_origins: Origins = ()
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    log_format: Literal["console", "json"] | None = None
    log_dir: Path | None = None
    semaphores: dict[str, PositiveInt] = Field(default={})

    names_elsewhere: ClassVar[Mapping[str, str]] = {
        "DEBUG_MODE": "set DEBUG",
        "IS_DEV": "set ENVIRONMENT=development",
        "RELOAD": "use the option --reload of the command `serve`",
        "BACKEND_CORS_ORIGINS": "set CORS_ORIGINS",
        "LOG_JSON|JSON_LOGS": "set LOG_FORMAT=json",
        "HEALTH_CHECK_TIMEOUT": "set HEALTH_TIMEOUT",
    }

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
        elif len(key) < MIN_SECRET_KEY_LENGTH:
            yield f"SECRET_KEY: it has {len(key)} characters; production needs at least {MIN_SECRET_KEY_LENGTH}"
        if self.debug:
            yield "DEBUG: it is on; production must not show internals, so set it to false"
        if "*" in self.cors_origins:
            yield "CORS_ORIGINS: it allows every origin; list the allowed ones, such as https://app.example.com"
