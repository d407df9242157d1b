"""The servers that the service can need: all that a module of this folder defines."""

from collections.abc import Collection

from kit.discovery import APPLICATION, modules
from kit.testing.local.server import Server


def all_kinds() -> list[type[Server]]:
    """Return the classes of the servers."""
    modules("testing/local/*.py")
    return Server.__subclasses__()


def kind_of(setting: str, url: str) -> type[Server] | None:
    """Return the class of the server that a URL with this scheme, in a setting with this name, belongs to."""
    scheme = url.partition(":")[0].partition("+")[0]
    return next((kind for kind in all_kinds() if setting == kind.setting and scheme in kind.schemes), None)


def how_to_get(kinds: Collection[type[Server]], command: str = f"python -m {APPLICATION} servers") -> str:
    """Return what to do for the programs that are missing, or nothing if all are there."""
    missing = sorted((kind for kind in kinds if not kind.find()), key=lambda kind: kind.name)
    if not missing:
        return ""
    wheels = sorted(kind.wheel for kind in kinds if kind.wheel and not kind.in_system())
    steps = [kind.advice for kind in missing if kind.advice]
    if any(kind.wheel for kind in missing):
        steps.append(f"run: uv run {' '.join(f'--with {wheel}' for wheel in wheels)} {command}")
    return f"This machine has no {' and no '.join(kind.name for kind in missing)}: {', and then '.join(steps)}"
