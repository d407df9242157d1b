"""Finding modules by their path."""

from pathlib import Path

import pytest

from kit.discovery import modules
from kit.tests.trial import write_package


def names(package: str, pattern: str) -> list[str]:
    return [module.__name__.removeprefix(f"{package}.") for module in modules(pattern)]


def test_modules_are_found_in_the_order_of_their_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = ["b/settings.py", "settings.py", "a/z/settings.py", "a/settings.py", "a/other.py"]
    package = write_package(tmp_path, monkeypatch, dict.fromkeys(files, ""))
    assert names(package, "**/settings.py") == ["a.settings", "a.z.settings", "b.settings", "settings"]


def test_a_package_has_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = write_package(tmp_path, monkeypatch, {"api/__init__.py": "", "api/routes.py": ""})
    assert names(package, "api/*.py") == ["api", "api.routes"]


def test_hidden_folders_are_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {".ipynb_checkpoints/settings.py": "broken(", "a/.history/settings.py": "broken(", "a/settings.py": ""}
    package = write_package(tmp_path, monkeypatch, files)
    assert names(package, "**/settings.py") == ["a.settings"]


@pytest.mark.parametrize(
    ("text", "error"),
    [("import no_such_module", ModuleNotFoundError), ("broken(", SyntaxError), ("1 / 0", ZeroDivisionError)],
)
def test_a_module_that_fails_to_import_is_not_skipped(
    text: str, error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_package(tmp_path, monkeypatch, {"a/settings.py": "", "b/settings.py": text})
    with pytest.raises(error) as raised:
        modules("**/settings.py")
    shown = raised.value.filename if isinstance(raised.value, SyntaxError) else raised.traceback[-1].path
    assert Path(str(shown)).parts[-2:] == ("b", "settings.py")
