"""The kit does not import the application, and the application imports only names that the kit exports.

A plain `pytest` runs this test too. import-linter does not look into folders without an `__init__.py`, and Ruff's
banned-api would need a line for each module.
"""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from kit.discovery import APPLICATION, ENTRYPOINT, PROJECT_FOLDER, ROOTS

ENTRYPOINT_FILE = PROJECT_FOLDER / f"{ENTRYPOINT.partition(':')[0].replace('.', '/')}.py"
KIT = ROOTS[0]
OF_THE_OWNER = [each for each in PROJECT_FOLDER.glob("[!.]*/") if each != KIT]


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each module that a file imports, with each name that is imported from it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def is_exported(module: str, name: str) -> bool:
    """Return whether a package of the kit lists the name in `__all__`."""
    if module.startswith("kit.testing"):
        return True
    return module.count(".") == 1 and (not name or name in getattr(import_module(module), "__all__", [name]))


def is_engine(path: Path, name: str) -> bool:
    """Return whether the entrypoint imports an engine of a feature."""
    return path == ENTRYPOINT_FILE and any((root / name).is_dir() for root in KIT.iterdir())


def test_the_kit_does_not_import_the_application() -> None:
    found = [(path, module) for path in KIT.rglob("*.py") for module, _ in imports(path)]
    assert found
    assert [(path, module) for path, module in found if module.split(".")[0] == APPLICATION] == []


def test_the_application_imports_only_what_the_kit_exports() -> None:
    files = [path for folder in OF_THE_OWNER for path in folder.rglob("*.py")]
    found = [(path, module, name) for path in files for module, name in imports(path) if module.startswith("kit.")]
    assert found
    foreign = [
        f"{path.relative_to(PROJECT_FOLDER)}: {module}.{name}"
        for path, module, name in found
        if not is_exported(module, name) and not is_engine(path, name)
    ]
    assert foreign == [], f"import names that kit/README.md lists instead of {', '.join(foreign)}"
