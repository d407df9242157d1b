"""The fixtures of the promises: a template, the services rendered from it, their environments and servers."""

import contextlib
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from xdist.remote import Producer

from tests.bytecode import date_by_content, keep_bytecode
from tests.changes import SEED
from tests.combinations import Combination, all_combinations
from tests.copying import cheap_copies
from tests.distribution import ByCombination
from tests.environments import Environment, environment_of, pythons
from tests.servers import Server, Servers
from tests.sharing import made_once
from tests.template import Service, commit_working_tree, render
from tests.versions import make_up_former_version
from tests.walkthrough import not_run


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test for each combination, or for those that `@pytest.mark.combinations` names."""
    if "combination" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("combinations")
        chosen = mark.args[0] if mark else all_combinations()
        metafunc.parametrize("combination", chosen, ids=str, scope="session")


def pytest_report_header() -> list[str]:
    found = [version if path else f"no {version}" for version, path in pythons().items()]
    return [
        f"SLIPWAY_SEED={SEED} draws the same changes of answers again",
        f"interpreters: {', '.join(found)}",
        *(f"not run of the documentation: {line:.100}" for line in not_run()),
    ]


def pytest_xdist_auto_num_workers() -> int:
    """Take two workers more than there are cores: tests also wait, for servers, for deadlines and for the clock."""
    return (os.cpu_count() or 1) + 2


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByCombination:
    return ByCombination(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        report.sections.append(("To see this alone", f"uv run pytest -n 0 '{item.nodeid}'"))
    return report


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return the folder that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def template(run_folder: Path) -> Iterator[Path]:
    with cheap_copies():
        yield made_once(run_folder / "repository", commit_working_tree)


@pytest.fixture(scope="session")
def versions(run_folder: Path) -> Path:
    """Return a repository with a former version that is made up, and the working tree as the newest."""
    return made_once(run_folder / "versions", make_up_former_version)


@pytest.fixture(scope="session")
def rendered(template: Path, run_folder: Path) -> Callable[[Combination], Service]:
    """Return what gives the service of a combination, rendered once in a run."""

    def of(combination: Combination) -> Service:
        folder = run_folder / "services" / combination.id.replace("/", ",").replace(":", "=")
        folder.parent.mkdir(exist_ok=True)
        return Service(made_once(folder, lambda path: make(path, combination)), combination)

    def make(folder: Path, combination: Combination) -> None:
        render(template, folder, combination.answers)
        date_by_content(folder)

    return of


@pytest.fixture(scope="session")
def service(combination: Combination, rendered: Callable[[Combination], Service]) -> Service:
    return rendered(combination)


@pytest.fixture(scope="session")
def services(rendered: Callable[[Combination], Service]) -> list[Service]:
    return [rendered(combination) for combination in all_combinations()]


@pytest.fixture(scope="session")
def environment(service: Service, run_folder: Path) -> Environment:
    return environment_of(service.path, run_folder / "environments")


@pytest.fixture
def workspace(service: Service, run_folder: Path, worker_id: str) -> Path:
    """Return a copy of the service in which it may run and leave what it writes, until the next one takes its place."""
    folder = run_folder / f"workspace-{worker_id}"
    shutil.rmtree(folder, ignore_errors=True)
    workspace = shutil.copytree(service.path, folder / "service")
    keep_bytecode(workspace, run_folder / f"compiled-{worker_id}")
    return workspace


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Yield the servers of this worker: its tests run one after the other, so that one may stop them."""
    servers = Servers()
    yield servers
    servers.close()


@pytest.fixture
def behind(service: Service, servers: Servers, capfd: pytest.CaptureFixture[str]) -> dict[str, Server]:
    """Return the servers of the service, by the setting that takes their URLs."""
    with capfd.disabled():  # making a server may install it, which the terminal must show
        return servers.behind(service.answers)


@pytest.fixture
def settings(behind: dict[str, Server]) -> Iterator[dict[str, str]]:
    """Yield the settings of a service with fresh databases; one without a server needs none."""
    with contextlib.ExitStack() as stack:
        yield {setting: stack.enter_context(server.database()) for setting, server in behind.items()}
