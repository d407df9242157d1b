"""The documentation is correct: each page works from top to bottom, and everything that it names exists."""

import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checking import pyright, ruff
from tests.combinations import ROOT, all_combinations
from tests.environments import Environment
from tests.pages import PageError, pages, steps
from tests.rendering import Tree
from tests.servers import Servers
from tests.versions import paths_at, released
from tests.walkthrough import Walkthrough, changed, is_printed, walking

PAGES = {path.relative_to(ROOT).as_posix(): path for path in pages()}
OF_OTHERS = ("docs/coming-from.md", "docs/comparison.md")
WRITTEN = sorted({path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")} - {*OF_OTHERS})
IN_A_CLONE = ("README.md",)
ABOUT_FORMER_PATHS = ("docs/decisions/0013-two-rooms.md", "docs/decisions/0014-paths-that-went.md", "docs/update.md")
NEEDS_A_FORMER_VERSION = ("docs/update.md",)
USUAL = {"app", "await", "depends", "python", "none"}
TREE = re.compile(r"^((?:│   |    )*)[├└]── (\S+)", re.MULTILINE)
ROW = re.compile(r"^\|[^|]+\|(?P<names>[^|]+)\|(?P<files>[^|]*)\|$", re.MULTILINE)


@pytest.fixture
def place(run_folder: Path, worker_id: str) -> Path:
    """Return an empty folder, the same one for all pages of a worker, so that they share bytecode."""
    folder = run_folder / f"page-{worker_id}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


# The default run follows the other guides in tests/test_first_week.py, one after the other in one service.
BY_THEMSELVES = [name for name in PAGES if "/guides/" not in name]


@pytest.mark.thorough
@pytest.mark.axis("name", default=BY_THEMSELVES, every=list(PAGES))
def test_a_reader_gets_from_the_top_of_a_page_to_its_end(
    name: str, template: Path, versions: Path, servers: Servers, place: Path
) -> None:
    source = versions if name in NEEDS_A_FORMER_VERSION else template
    with walking(place, source, servers, in_a_clone=name in IN_A_CLONE) as walk:
        for step in steps(PAGES[name].read_text("utf-8")):
            walk.take(step)
        assert faults(walk) == ""


def faults(walk: Walkthrough) -> str:
    """Return what the service's tools report for the files that the page has written."""
    written = {path.resolve() for path in walk.written if path.suffix == ".py" and path.exists()}
    modules = sorted(path for path in written if path.is_relative_to(walk.folder.resolve()))
    if not modules:
        return ""
    return ruff(walk.folder) + pyright(walk.folder, Environment(walk.folder), *modules)


@pytest.mark.render
@pytest.mark.quick
def test_the_tree_in_the_readme_is_in_a_service_with_the_default_answers(trees: list[Tree]) -> None:
    drawn = TREE.findall((ROOT / "README.md").read_text("utf-8"))
    assert len(drawn) > 10
    default = next(tree for tree in trees if tree.combination == all_combinations()[0])
    assert [path for path in _paths(drawn) if not default.names(path)] == []


def _paths(drawn: list[tuple[str, str]]) -> Iterator[str]:
    """Yield the paths of a drawn tree, whose lines are four columns further right for each folder."""
    folders: list[str] = []
    for indent, name in drawn:
        folders[len(indent) // 4 :] = [name]
        yield "".join(folders)


@pytest.mark.render
def test_names_that_readers_know_lead_to_what_is_there() -> None:
    rows = list(ROW.finditer((ROOT / "docs/coming-from.md").read_text("utf-8")))
    assert len(rows) > 40
    lost = [name for row in rows for name in _lost(_code(row["names"]), _code(row["files"]))]
    assert lost == []


def _code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def _lost(names: list[str], files: list[str]) -> list[str]:
    paths = [path for file in files for path in (ROOT / "template" / file, ROOT / file) if path.exists()]
    if len(paths) < len(files):
        return files
    text = "\n".join(path.read_text("utf-8") for path in paths).lower()
    return [name for name in names if files and not _is_in(name, text)]


def _is_in(name: str, text: str) -> bool:
    """Whether the text has what the name calls, or one of its words; for `STORE_URL` a class has `url`."""
    called, words = (set(re.findall(pattern, name.lower())) - USUAL for pattern in (r"(\w+)\(", r"[a-z_]{3,}"))
    words = called or words
    ends = {"_".join(parts[number:]) for word in words for parts in [word.split("_")] for number in range(len(parts))}
    return not words or any(re.search(rf"\b{re.escape(each)}\b", text) for each in ends if len(each) > 2)


@pytest.mark.render
@pytest.mark.parametrize("name", WRITTEN)
def test_the_files_that_a_page_names_are_there(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    named = re.findall(r"`((?:app|kit|tests|deploy|migrations)/[\w/.-]*\w)`", text)
    made = [
        f"{root}/api/v1/{name}" for name in re.findall(r"kit new resource (\w+)", text) for root in ("app", "tests")
    ]
    known = {*made, *re.findall(r'title="([^"]+)"', text), *(former_paths() if name in ABOUT_FORMER_PATHS else ())}
    places = (ROOT / "template", ROOT)
    assert [each for each in named if each not in known and not any((place / each).exists() for place in places)] == []


def former_paths() -> set[str]:
    return {path.removeprefix("template/") for release in released() for path in paths_at(ROOT, release.commit)}


@pytest.mark.render
@pytest.mark.parametrize(
    "text",
    [
        "```python\nx = 1\n```\n",
        "```\nls\n```\n",
        "```text\noutput of nothing\n```\n",
        "- a\n  ```sh\n  ls\n  ```\n",
    ],
)
def test_a_block_that_nothing_runs_is_refused(text: str) -> None:
    with pytest.raises(PageError):
        steps(text)


@pytest.mark.render
def test_a_proof_elsewhere_must_be_there() -> None:
    assert steps("<!-- proved by .ci/run -->\n\n```sh\nls\n```\n") == []
    with pytest.raises(PageError, match="no_such_file"):
        steps("<!-- proved by tests/no_such_file.py -->\n\n```sh\nls\n```\n")


@pytest.mark.render
def test_output_is_compared_line_by_line_and_json_without_its_spaces() -> None:
    assert is_printed("a …\nc\n", "x\na b\nc\ny\n", is_json=False)
    assert is_printed("a\n…\nc\n", "a\nb\nb\nc\n", is_json=False)
    assert is_printed("a\n…\nc\n", "a\nc", is_json=False)
    assert not is_printed("a\nc\n", "a\nb\nc\n", is_json=False)
    assert not is_printed("c\n…\na\n", "a\nc\n", is_json=False)
    assert not is_printed("a\n", "a b\n", is_json=False)
    assert is_printed('{"a": 1, …}', '{\n "a":1,"b":2\n}', is_json=True)
    assert not is_printed('{"a": 1, …}', '{"a":2,"b":2}', is_json=True)


@pytest.mark.render
def test_a_change_fits_one_place() -> None:
    assert changed("a\nb\nc\n", " a\n-b\n+d\n") == "a\nd\nc\n"
    with pytest.raises(AssertionError, match="0 times"):
        changed("a\nb\n", "-c\n+d\n")


@pytest.mark.render
def test_the_navigation_has_each_page_once_or_one_that_lists_it() -> None:
    docs = ROOT / "docs"
    configuration = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))
    nav = [docs / name for name in re.findall(r"[\w/-]+\.md", str(configuration["project"]["nav"]))]
    lists = [path for path in nav if path.name == "README.md"]
    listed = [
        path.parent / name for path in lists for name in re.findall(r"\]\(([\w-]+\.md)\)", path.read_text("utf-8"))
    ]
    assert sorted([*nav, *listed]) == sorted(docs.rglob("*.md"))


@pytest.mark.render
def test_the_page_on_proofs_names_the_servers_of_each_push() -> None:
    workflow = (ROOT / ".github/workflows/matrix.yml").read_text("utf-8")
    images = {f"{name} {version}" for name, version in re.findall(r"image: (?:\w+/)?(\w+):([\d.]+)", workflow)}
    rows = re.findall(r"^\|.*\| ([^|]+) \|$", (ROOT / "docs/combinations.md").read_text("utf-8"), re.MULTILINE)
    assert images == {each for row in rows for each in row.split(", ") if re.fullmatch(r"\w+ [\d.]+", each)}
