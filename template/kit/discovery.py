"""Finds modules by their path, in the kit and in the application, so that you need not register them.

The application is the package of the entrypoint in pyproject.toml, under `[tool.fastapi]`.
"""

import tomllib
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from fastapi import FastAPI

PROJECT_FOLDER = Path(__file__).parents[1]
PYPROJECT: dict[str, Any] = tomllib.loads((PROJECT_FOLDER / "pyproject.toml").read_text("utf-8"))
ENTRYPOINT: str = PYPROJECT["tool"]["fastapi"]["entrypoint"]
APPLICATION = ENTRYPOINT.partition(".")[0]
ROOTS = (PROJECT_FOLDER / "kit", PROJECT_FOLDER / APPLICATION)


def modules(pattern: str) -> list[ModuleType]:
    """Import the modules whose paths match a glob pattern, first the kit's, then the application's, sorted by path.

    An error in a module is raised here, with its own traceback.
    """
    paths = (path.relative_to(root.parent) for root in ROOTS for path in sorted(root.glob(pattern)))
    return [import_module(_name(path)) for path in paths if not any(part.startswith(".") for part in path.parts)]


def entrypoint() -> ModuleType:
    """Import the module that creates the application; this reads the settings."""
    return import_module(ENTRYPOINT.partition(":")[0])


def application() -> FastAPI:
    """Return the application, as the entrypoint creates it."""
    return getattr(entrypoint(), ENTRYPOINT.partition(":")[2])


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
