"""Finding modules by their place: routes, settings, commands and models are not listed anywhere."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parent


def modules(pattern: str) -> list[ModuleType]:
    """Import the modules below `app` whose path matches `pattern`, in the order of their paths.

    A module that fails to import fails here, with its own traceback.
    """
    paths = (path.relative_to(ROOT.parent) for path in sorted(ROOT.glob(pattern)))
    return [import_module(_name(path)) for path in paths if not any(part.startswith(".") for part in path.parts)]


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
