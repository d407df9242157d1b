"""What was copied from a former version is, once updated, what is copied from this one."""

from pathlib import Path

import pytest

from tests.combinations import ROOT, Combination, each_answer_once
from tests.sharing import made_once
from tests.template import git, render
from tests.updating import adopt, tree, update
from tests.versions import MADE_UP, combinations_at, continue_releases, paths_at, released

# A clone without tags has the former version that is made up, and tries it with few combinations.
FORMER = [(tag, each) for tag in released() for each in combinations_at(tag)] or [
    (MADE_UP, each) for each in each_answer_once()
]


@pytest.fixture(scope="session")
def releases(run_folder: Path, versions: Path) -> Path:
    return made_once(run_folder / "releases", continue_releases) if released() else versions


@pytest.mark.parametrize(("tag", "former"), FORMER, ids=str)
def test_an_update_equals_a_fresh_copy(tag: str, former: Combination, releases: Path, tmp_path: Path) -> None:
    render(releases, tmp_path / "former", former.answers, tag)
    render(releases, tmp_path / "fresh", former.answers)
    service = adopt(tmp_path / "former", tmp_path / "service")
    assert tree(service) != tree(tmp_path / "fresh")
    update(service, {})
    assert tree(service) == tree(tmp_path / "fresh")


@pytest.mark.render
def test_no_path_of_the_last_release_is_lost_unless_a_decision_names_it() -> None:
    for tag in released()[-1:]:
        assert lost_paths(ROOT, tag) == []


@pytest.mark.render
def test_a_path_that_is_lost_is_found(template: Path, tmp_path: Path) -> None:
    git(template, "worktree", "add", "--quiet", "--detach", str(tmp_path / "next"))
    git(tmp_path / "next", "mv", "template/kit/discovery.py", "template/kit/finding.py")
    assert lost_paths(tmp_path / "next", "v0.0.1") == ["template/kit/discovery.py"]
    (tmp_path / "next/docs/decisions/9999-finding.md").write_text(
        "`kit/discovery.py` is `kit/finding.py` now.", "utf-8"
    )
    assert lost_paths(tmp_path / "next", "v0.0.1") == []


def lost_paths(repository: Path, tag: str) -> list[str]:
    """Return the files of a version that are gone or renamed, and so are the owners' edits in them."""
    decided = "\n".join(path.read_text("utf-8") for path in (repository / "docs/decisions").glob("*.md"))
    gone = sorted(path for path in paths_at(repository, tag) if not (repository / path).exists())
    return [path for path in gone if path.removeprefix("template/") not in decided]
