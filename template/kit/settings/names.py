"""Names of settings that nobody reads: most are misspelt."""

import os
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, get_args, get_origin

import structlog
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from structlog.typing import FilteringBoundLogger

from kit.settings.reading import settings_classes
from kit.settings.sources import (
    BaseSettings,
    DotenvFiles,
    MountedSecrets,
    dotenv_files,
    environment_of_process,
    folders_of_secrets,
)

# What Kubernetes sets for each Service, such as one that is called `store`.
SERVICE_VARIABLE = re.compile(r"\w+_(service_(host|port\w*)|port(_\d+_(tcp|udp|sctp)\w*)?)")
CLOSE = 0.85

log: FilteringBoundLogger = structlog.get_logger(__name__)


def warn_of_unknown_settings() -> None:
    """Log each name that looks like a setting but is not one."""
    for name, fault in unknown_settings():
        log.warning("setting ignored", name=name, reason=fault)


def unknown_settings() -> Iterator[tuple[str, str]]:
    """Yield each name that looks like a setting but is not one, and what is wrong with it."""
    known = [*_known()]
    prefixes = {prefix for _, prefix in known if prefix}
    for name in sorted(_given()):
        if any(re.fullmatch(pattern, name) for pattern, _ in known):
            continue
        if advice := _advice(name.upper()):
            yield name.upper(), f"no setting has this name; {advice}"
            continue
        middle = name.split("__")[1] if name.count("__") > 1 else "<name>"
        close = get_close_matches(name, [pattern.replace(".+?", middle) for pattern, _ in known], 1, CLOSE)
        if close or name.startswith(tuple(prefixes)):
            yield (
                name.upper(),
                "no setting has this name" + "".join(f"; did you mean {each.upper()}?" for each in close),
            )


def _advice(name: str) -> str | None:
    """Return what to set instead of a name that other services have."""
    pairs = [pair for cls in settings_classes() for pair in cls.names_elsewhere.items()]
    return next((found.expand(advice) for pattern, advice in pairs if (found := re.fullmatch(pattern, name))), None)


def _given() -> set[str]:
    """Return the names in all sources, in lower case."""
    environment = {name.lower(): value for name, value in os.environ.items()}
    of_service = {name for name in environment if SERVICE_VARIABLE.fullmatch(name)}
    of_service -= {name for name in of_service if name.endswith("_port") and "://" not in environment[name]}
    dotenv = DotenvFiles(BaseSettings, env_file=dotenv_files(environment_of_process()))
    secrets = MountedSecrets(DotenvFiles(BaseSettings), **folders_of_secrets())
    return {*environment, *dotenv.env_vars, *secrets.env_vars} - of_service


def _known() -> Iterator[tuple[str, str]]:
    """Yield a pattern for each setting, and the prefix that it shares with others, if any."""
    for cls in settings_classes():
        prefix = cls.model_config.get("env_prefix", "").lower()
        for pattern in _patterns(cls.model_fields):
            yield prefix + pattern, prefix or (pattern.partition("__")[0] + "__" if "__" in pattern else "")


def _patterns(fields: dict[str, FieldInfo]) -> Iterator[str]:
    for name, field in fields.items():
        aliases = field.validation_alias if isinstance(field.validation_alias, str) else ""
        yield from (name.lower() + rest for rest in ("", *_below(field.annotation)))
        if aliases:
            yield aliases.lower()


def _below(annotation: Any) -> Iterable[str]:
    """Yield patterns of the names of the parts of a value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [f"__{pattern}" for pattern in _patterns(annotation.model_fields)]
    if get_origin(annotation) is dict:
        return [f"__.+?{rest}" for rest in (list(_below(get_args(annotation)[1])) or [""])]
    return [each for part in get_args(annotation) for each in _below(part)]
