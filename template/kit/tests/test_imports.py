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
# Everything beside the kit, but for virtual environments whose names do not start with a dot.
OF_THE_OWNER = [each for each in PROJECT_FOLDER.glob("[!.]*/") if each != KIT and not (each / "pyvenv.cfg").exists()]


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each module that a file imports, with the name that it takes from it, or without one."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "kit":
            yield from ((f"kit.{alias.name}", "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def is_exported(module: str, name: str) -> bool:
    """Return whether a package right below `kit` lists the name in `__all__`, or has one and is imported whole."""
    if module.startswith("kit.testing"):
        return True
    return module.count(".") == 1 and (name in exports(module) if name else bool(exports(module)))


def is_engine(path: Path, module: str, name: str) -> bool:
    """Return whether the entrypoint imports an engine of a feature: a package below it that exports a router."""
    folder = PROJECT_FOLDER.joinpath(*module.split("."), name)
    return path == ENTRYPOINT_FILE and folder.is_dir() and "router" in exports(f"{module}.{name}")


def exports(module: str) -> list[str]:
    return getattr(import_module(module), "__all__", [])


def test_the_kit_does_not_import_the_application() -> None:
    found = [(path, module) for path in KIT.rglob("*.py") for module, _ in imports(path)]
    assert found
    assert [(path, module) for path, module in found if module.split(".")[0] == APPLICATION] == []


def test_the_application_imports_only_what_the_kit_exports() -> None:
    files = [path for folder in OF_THE_OWNER for path in folder.rglob("*.py")]
    found = [(path, module, name) for path in files for module, name in imports(path) if module.split(".")[0] == "kit"]
    assert found
    foreign = [
        f"{path.relative_to(PROJECT_FOLDER)}: {'.'.join(filter(None, [module, name]))}"
        for path, module, name in found
        if not is_exported(module, name) and not is_engine(path, module, name)
    ]
    assert foreign == [], f"import names that kit/README.md lists instead of {', '.join(foreign)}"
