"""A service whose record has a wrong source cannot update until it is repaired as docs/update.md says."""

import re
from pathlib import Path

import pytest
import yaml
from copier.errors import DirtyLocalWarning

from tests.combinations import ROOT, all_combinations
from tests.template import git, render
from tests.updating import adopt, commit, tree, update

pytestmark = pytest.mark.render

ANSWERS = all_combinations()[0].answers
RECORD = ".copier-answers.yml"
PAGE = ROOT / "docs/update.md"


def test_a_commit_that_does_not_exist_is_replaced_by_one_that_does(template: Path, tmp_path: Path) -> None:
    clone = touched_clone(template, tmp_path)
    with pytest.warns(DirtyLocalWarning):
        render(clone, tmp_path / "rendered", ANSWERS, "HEAD")
    service = adopt(tmp_path / "rendered", tmp_path / "service")
    git(clone, "checkout", "--quiet", ".")
    with pytest.raises(ValueError, match="Unknown revision"):
        update(service, ANSWERS)
    repair(service, "_commit", git(clone, "rev-parse", "HEAD").strip())
    update(service, ANSWERS)
    render(clone, tmp_path / "fresh", ANSWERS)
    with (tmp_path / "fresh/README.md").open("a", encoding="utf-8") as readme:
        readme.write("\nTouched.\n")  # the uncommitted change is now the owner's own
    assert tree(service) == tree(tmp_path / "fresh")


def test_the_last_commit_of_a_touched_clone_is_what_the_readme_takes(template: Path, tmp_path: Path) -> None:
    clone = touched_clone(template, tmp_path)
    render(clone, tmp_path / "rendered", ANSWERS, "@")
    assert "Touched" not in (tmp_path / "rendered/README.md").read_text("utf-8")
    service = adopt(tmp_path / "rendered", tmp_path / "service")
    update(service, ANSWERS, "@")
    assert tree(service) == tree(tmp_path / "rendered")


def test_a_path_that_leads_nowhere_from_the_service_is_replaced_by_one_from_the_root(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(template.parent)
    render(Path(template.name), tmp_path / "rendered", ANSWERS)
    service = adopt(tmp_path / "rendered", tmp_path / "service")
    monkeypatch.chdir(service)
    with pytest.raises(ValueError, match=r"Local template must be a directory|Cannot obtain|not.*found"):
        update(service, ANSWERS)
    repair(service, "_src_path", str(template))
    update(service, ANSWERS)
    render(template, tmp_path / "fresh", ANSWERS)
    assert tree(service) == tree(tmp_path / "fresh")


@pytest.mark.parametrize("word", ["Unknown revision", "_commit", "_src_path", "Local template must be a directory"])
def test_the_page_says_how(word: str) -> None:
    assert f"`{word}`" in PAGE.read_text("utf-8")


def touched_clone(template: Path, folder: Path) -> Path:
    """Clone the template without its tags, and change a file without committing it."""
    git(folder, "clone", "--quiet", "--no-tags", str(template), "clone")
    with (folder / "clone/template/README.md").open("a", encoding="utf-8") as readme:
        readme.write("\nTouched.\n")
    return folder / "clone"


def repair(service: Path, field: str, value: str) -> None:
    """Replace a field of the record and commit, as the page says."""
    path = service / RECORD
    text, count = re.subn(rf"(?m)^{field}: .*$", f"{field}: {value}", path.read_text("utf-8"))
    assert count == 1
    path.write_text(text, "utf-8")
    assert yaml.safe_load(text)[field] == value
    commit(service, "Repair the record")
