"""Reads and audits the settings of the whole service."""

import re
from contextlib import suppress
from typing import Any, TypeVar

import pydantic_settings
from fastapi import FastAPI
from pydantic import ValidationError

from kit.discovery import modules
from kit.settings.sources import (
    BaseSettings,
    Environment,
    SettingsError,
    environment_of_process,
    misnamed_files,
)

MISSING = "it is missing, and has no default"
AnySettings = TypeVar("AnySettings", bound=BaseSettings)


class SettingsByClass(dict[type[BaseSettings], Any]):
    """The settings of the service by their classes; a class that extends one of the kit leads to the same settings."""

    def __missing__(self, cls: type[BaseSettings]) -> Any:
        if (kind := _kind(cls)) is cls:
            raise KeyError(cls)
        return self[kind]


def settings_classes() -> list[type[BaseSettings]]:
    """Return the settings classes of all `settings.py`; a class of the application replaces the class it extends."""
    found = [
        value
        for module in modules("**/settings.py")
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseSettings) and value.__module__ == module.__name__
        if not value.__name__.startswith("_")
    ]
    return list({_kind(cls): cls for cls in found}.values())


def read_settings(*given: BaseSettings) -> SettingsByClass:
    """Read and audit all settings, except those given; raise `SettingsError` with all faults at once."""
    environment = environment_of_process()
    read = SettingsByClass({_kind(type(settings)): settings for settings in given})
    faults: list[str] = []
    for cls in settings_classes():
        if (kind := _kind(cls)) not in read:
            settings, found = _read(cls)
            faults += found
            if settings:
                read[kind] = settings
    faults += _audit(read, environment) + misnamed_files(environment)
    if faults:
        raise SettingsError(faults)
    return read


def get_settings(app: FastAPI, cls: type[AnySettings]) -> AnySettings:
    """Return the settings of one class, as the service was created with them."""
    return app.state.settings[cls]


def _kind(cls: type[BaseSettings]) -> type[BaseSettings]:
    """Return the class under which settings are stored: the kit's class that they extend, or else their own."""
    of_kit = (each for each in cls.__mro__ if each.__module__.startswith("kit.") and each is not BaseSettings)
    return next((each for each in of_kit if issubclass(each, BaseSettings)), cls)


def _read(cls: type[BaseSettings]) -> tuple[BaseSettings | None, list[str]]:
    """Return the settings of one class and their faults; defaults replace faulty values, so that the audit goes on."""
    try:
        return cls(), []
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
