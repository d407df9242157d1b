"""A service from a former version is, after an update, the same as a copy of the present version."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pathspec import PathSpec, Pattern

from tests import absent, forgetting
from tests.combinations import ROOT, Combination, Configuration, all_combinations, configuration, each_answer_once
from tests.sharing import made_once
from tests.template import git, render
from tests.updating import adopt, tree, update
from tests.versions import (
    MADE_UP,
    HistoryError,
    Release,
    combinations_at,
    continue_releases,
    paths_at,
    released,
    show,
)

MOVED = re.compile(r"`([\w./-]+/)` → `")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test for a few combinations of each released version, or with `--every` for all of them."""
    if "former" in metafunc.fixturenames:
        every = bool(metafunc.config.getoption("every", default=False))
        metafunc.parametrize(("release", "former"), list(_former(every=every)), ids=_name)


def _former(*, every: bool) -> Iterator[tuple[Release, Combination | None]]:
    """Yield each released version with its combinations. Without the history the test fails, not its collection."""
    for release in released():
        try:
            combinations = combinations_at(release)
        except HistoryError:
            yield release, None
        else:
            yield from ((release, each) for each in (combinations if every else each_answer_once(combinations)))


def _name(parameter: Release | Combination | None) -> str:
    return parameter.tag if isinstance(parameter, Release) else str(parameter)


@pytest.fixture(scope="session")
def releases(run_folder: Path, template: Path) -> Path:
    """Return a repository with the released versions; the fixture `template` makes copies cheap."""
    assert template
    return made_once(run_folder / "releases", continue_releases)


@pytest.fixture(scope="session")
def versions_without(run_folder: Path, template: Path) -> Path:
    """Return a repository with a version before each question."""
    assert template
    return made_once(run_folder / "versions-without", forgetting.make_versions)


def test_an_update_from_a_release_equals_a_fresh_copy(
    release: Release, former: Combination, releases: Path, tmp_path: Path
) -> None:
    again = release.given_again(former)
    answers = {name: answer for name, answer in former.answers.items() if name not in release.renamed} | again
    render(releases, tmp_path / "former", former.answers, release.tag)
    render(releases, tmp_path / "fresh", answers)
    service = adopt(tmp_path / "former", tmp_path / "service")
    assert tree(service) != tree(tmp_path / "fresh")
    update(service, again)
    assert tree(service) == tree(tmp_path / "fresh")


@pytest.mark.axis("before", default=each_answer_once()[:2], every=each_answer_once())
def test_an_update_from_a_version_in_which_every_file_was_another_equals_a_fresh_copy(
    before: Combination, versions: Path, tmp_path: Path
) -> None:
    render(versions, tmp_path / "former", before.answers, MADE_UP)
    render(versions, tmp_path / "fresh", before.answers)
    service = adopt(tmp_path / "former", tmp_path / "service")
    assert tree(service) != tree(tmp_path / "fresh")
    update(service, {})
    assert tree(service) == tree(tmp_path / "fresh")


@pytest.mark.axis(
    "name",
    default=list(absent.questions())[-1:],
    thorough=list(absent.questions())[3::4],
    every=list(absent.questions()),
)
def test_an_update_from_before_a_question_equals_a_fresh_copy(
    name: str, versions_without: Path, tmp_path: Path
) -> None:
    answers = {key: answer for key, answer in forgetting.most_with_default(name).answers.items() if key != name}
    render(versions_without, tmp_path / "former", answers, forgetting.tag_without(name))
    render(versions_without, tmp_path / "fresh", answers)
    service = adopt(tmp_path / "former", tmp_path / "service")
    update(service, {})
    assert tree(service) == tree(tmp_path / "fresh")


@pytest.mark.render
def test_each_version_of_the_changelog_is_in_the_table() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    headed = re.findall(r"^## \[(\d[^\]]*)\]", changelog, re.MULTILINE)
    prepared = [] if headed[0] == released()[-1].version else headed[:1]  # its commit is not known yet
    assert [release.version for release in released()] + prepared == headed[::-1]
    for release in released():
        assert tomllib.loads(show(release, "pyproject.toml"))["project"]["version"] == release.version
        assert f"## [{release.version}]" in show(release, "CHANGELOG.md")


@pytest.mark.render
def test_each_question_of_a_release_is_still_there_or_has_another_name() -> None:
    now = absent.questions().keys()
    for release in released():
        names = {name for each in combinations_at(release) for name in each.answers}
        assert {release.renamed.get(name, name) for name in names} <= now


@pytest.mark.render
def test_few_combinations_have_each_answer() -> None:
    answers = {pair for each in all_combinations() for pair in each.pairs}
    assert {pair for each in each_answer_once() for pair in each.pairs} == answers


@pytest.mark.render
def test_an_update_from_a_release_leaves_no_file_behind() -> None:
    """Of the paths that the new `_exclude` matches with the old answers, Copier removes none from a service."""
    for release in released():
        questions = yaml.safe_load(show(release, "copier.yml"))
        paths = [path.removeprefix("template/") for path in paths_at(ROOT, release.commit)]
        for each in combinations_at(release):
            answers = absent.values(each, questions)
            had = set(paths) - set(excluded(questions, answers).match_files(paths))
            assert had.intersection(excluded(configuration(), answers).match_files(paths)) == set(), each


@pytest.mark.render
def test_a_clone_without_the_history_says_how_to_get_it(tmp_path: Path) -> None:
    git(ROOT, "clone", "--quiet", "--depth", "1", f"file://{ROOT}", str(tmp_path / "shallow"))
    with pytest.raises(HistoryError, match=r"Version 0\.1\.0.*git fetch --unshallow"):
        show(released()[0], "copier.yml", tmp_path / "shallow")


@pytest.mark.render
def test_no_path_of_the_last_release_is_lost_unless_a_decision_names_it() -> None:
    release = released()[-1]
    assert show(release, "copier.yml")
    assert lost_paths(ROOT, release.commit) == []


@pytest.mark.render
def test_a_path_that_is_lost_is_found(template: Path, tmp_path: Path) -> None:
    git(template, "worktree", "add", "--quiet", "--detach", str(tmp_path / "next"))
    git(tmp_path / "next", "mv", "template/migrations/env.py", "template/migrations/environment.py")
    git(tmp_path / "next", "mv", "template/deploy/kubernetes", "template/deploy/kustomize")
    lost = lost_paths(tmp_path / "next", "v0.0.1")
    assert "template/migrations/env.py" in lost
    assert "template/deploy/kubernetes/service.yaml" in lost
    decision = "`migrations/env.py` is `environment.py` now.\n`deploy/kubernetes/` → `deploy/kustomize/`\n"
    (tmp_path / "next/docs/decisions/9999-finding.md").write_text(decision, "utf-8")
    assert lost_paths(tmp_path / "next", "v0.0.1") == []


def excluded(questions: Configuration, answers: absent.Names) -> PathSpec[Pattern]:
    rendered = "\n".join(absent.compiled(text).render(answers) for text in questions["_exclude"])
    return PathSpec.from_lines("gitignore", rendered.splitlines())


def lost_paths(repository: Path, commit: str) -> list[str]:
    """Return the files of a version that are gone or renamed without a decision. Owners lose their edits in them.

    A decision names each of them, or a folder that moved as a whole, with an arrow to its new place.
    """
    decided = "\n".join(path.read_text("utf-8") for path in (repository / "docs/decisions").glob("*.md"))
    gone = sorted(path for path in paths_at(repository, commit) if not (repository / path).exists())
    names = {path: path.removeprefix("template/") for path in gone}
    moved = tuple(MOVED.findall(decided)) or (" ",)
    return [path for path in gone if names[path] not in decided and not names[path].startswith(moved)]
