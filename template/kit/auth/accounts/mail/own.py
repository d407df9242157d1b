"""What the application has in `mail.py`, in place of the kit's sender and texts."""

from types import ModuleType

from kit.discovery import APPLICATION, modules


def own_module() -> ModuleType | None:
    """Return the module `mail.py` of the application, which may have `send` and `write`, or `None`."""
    found = [each for each in modules("mail.py") if each.__name__ == f"{APPLICATION}.mail"]
    return found[0] if found else None
