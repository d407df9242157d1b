"""Finding modules by their place, in the application and in the kit: nothing is listed anywhere.

The application is the package of the entrypoint that pyproject.toml names, in `[tool.fastapi]`.
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
    """Import the modules of the kit, then the application's, whose path matches `pattern`, in the order of their paths.

    A module that fails to import fails here, with its own traceback.
    """
    paths = (path.relative_to(root.parent) for root in ROOTS for path in sorted(root.glob(pattern)))
    return [import_module(_name(path)) for path in paths if not any(part.startswith(".") for part in path.parts)]


def entrypoint() -> ModuleType:
    """Import the module that makes the application; importing it reads the settings."""
    return import_module(ENTRYPOINT.partition(":")[0])


def application() -> FastAPI:
    """Return the application that the entrypoint names."""
    return getattr(entrypoint(), ENTRYPOINT.partition(":")[2])


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
