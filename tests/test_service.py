"""Every combination passes its own tests against its real database, with only the dependencies that it declares."""

import pickle
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.array import covering_array
from tests.bytecode import keep_bytecode
from tests.checking import deptry
from tests.combinations import Combination, deciding_questions, fullest_per_database
from tests.covering import COVERAGE, TESTS, run_some_tests, run_tests
from tests.environments import Environment, clean_environ, environment_of
from tests.rendering import Tree
from tests.selection import Selection, own_tests
from tests.sharing import made_once
from tests.template import Service
from tests.tiers import is_thorough

DATABASES = [answer for answer in deciding_questions()["database"] if answer != "none"]
FULLEST = fullest_per_database()[-1:]


def has_items_everywhere(combination: Combination) -> bool:
    """Whether the service has the example's items, and could have them and all else on another database too."""
    mine, elsewhere = combination.answers, combination.but(database=DATABASES[0]).answers
    has_items = bool(mine["example"]) and mine["database"] in DATABASES
    return has_items and all(mine[name] == answer for name, answer in elsewhere.items() if name != "database")


@pytest.fixture
def modules(request: pytest.FixtureRequest, combination: Combination) -> Sequence[str]:
    """Return what the service runs of its tests: all, or in the default run those that no other service has run."""
    if is_thorough(request.config):
        return TESTS
    return request.getfixturevalue("selection")[combination]


@pytest.fixture(scope="session")
def selection(trees: list[Tree], run_folder: Path) -> Selection:
    """Return the modules to run of each service of the default run, found once for the whole run."""

    def make(path: Path) -> None:
        path.write_bytes(pickle.dumps(own_tests(tree for tree in trees if tree.combination in covering_array())))

    return pickle.loads(made_once(run_folder / "own tests", make).read_bytes())  # noqa: S301 - this run has written it


ONE_EACH = list({each.answers["database"]: each for each in covering_array() if has_items_everywhere(each)}.values())


def assert_all_passed(output: str) -> None:
    """Fail for a skipped or deselected test too."""
    assert re.search(r"\d+ passed", output), output
    assert not re.search(r"\d+ (skipped|deselected|xfailed)", output), output


def test_its_own_tests_pass_and_cover_its_code(
    workspace: Path, environment: Environment, settings: dict[str, str], modules: Sequence[str]
) -> None:
    if modules == TESTS:
        tests = run_tests(environment, workspace, settings, gate=COVERAGE)
    else:
        tests = run_some_tests(environment, workspace, settings, modules)
    assert tests.returncode == 0, tests.stdout
    assert_all_passed(tests.stdout)


@pytest.mark.thorough
@pytest.mark.combinations(FULLEST)
def test_its_own_coverage_gate_is_reached(workspace: Path, environment: Environment, settings: dict[str, str]) -> None:
    """The other combinations have the same gate, and the test above measures their coverage."""
    tests = environment.run("-m", "pytest", "--cov", "--no-header", "--basetemp=trial", cwd=workspace, **settings)
    assert tests.returncode == 0, tests.stdout
    assert_all_passed(tests.stdout)
    assert re.search(r"Required test coverage of \d+(\.\d+)?% reached", tests.stdout), tests.stdout


@pytest.mark.thorough
@pytest.mark.combinations(fullest_per_database())
def test_its_tests_can_run_on_all_cores(workspace: Path, environment: Environment, settings: dict[str, str]) -> None:
    """pytest-xdist needs the same ids in each process, where sets have another order and clocks another time."""
    collected = [
        environment.run("-m", "pytest", "--collect-only", "-q", *TESTS, cwd=workspace, PYTHONHASHSEED=seed, **settings)
        for seed in ("1", "2")
    ]
    assert {run.returncode for run in collected} == {0}, collected[0].stdout
    first, second = (set(run.stdout.splitlines()[:-1]) for run in collected)
    assert first ^ second == set()


def test_it_declares_what_it_imports_and_imports_what_it_declares(service: Service, environment: Environment) -> None:
    found = deptry(service.path, environment)
    assert not found, found


@pytest.mark.thorough
@pytest.mark.combinations(FULLEST)
def test_its_hooks_find_nothing_to_mend_before_the_first_commit(
    service: Service, run_folder: Path, tmp_path: Path
) -> None:
    environment = environment_of(service.path, run_folder / "environments", pyright=True)
    workspace = shutil.copytree(service.path, tmp_path / "service")
    for arguments in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *arguments], cwd=workspace, check=True)
    hooks = subprocess.run(
        [environment.bin / "prek", "run", "--all-files", "--no-progress"],
        cwd=workspace,
        env=clean_environ(
            UV_PROJECT_ENVIRONMENT=str(environment.folder),
            UV_NO_SYNC="1",
            UV_OFFLINE="1",
            PREK_HOME=str(tmp_path / "prek"),
        ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert hooks.returncode == 0, hooks.stdout
    configured = re.findall(r"- id:", (workspace / ".pre-commit-config.yaml").read_text("utf-8"))
    assert hooks.stdout.count("Passed") == len(configured)


@pytest.mark.sample(ONE_EACH)
@pytest.mark.among(condition=has_items_everywhere)
def test_its_api_is_the_same_on_every_database(
    combination: Combination, rendered: Callable[[Combination], Service], run_folder: Path
) -> None:
    mine, reference = (
        _openapi(rendered(each), run_folder) for each in (combination, combination.but(database=DATABASES[0]))
    )
    assert "/api/v1/items" in mine
    assert mine == reference


def _openapi(service: Service, run_folder: Path) -> str:
    """Return the output of `python -m app openapi` for a service; it runs once for each service in a run."""

    def ask(folder: Path) -> None:
        shutil.copytree(service.path, folder)
        keep_bytecode(folder, run_folder / "compiled-openapi")
        document = environment_of(service.path, run_folder / "environments").run("-m", "app", "openapi", cwd=folder)
        assert document.returncode == 0, document.stdout
        (folder / "openapi.json").write_text(document.stdout, "utf-8")

    return (made_once(run_folder / f"openapi {service.path.name}", ask) / "openapi.json").read_text("utf-8")
