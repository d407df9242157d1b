"""Fixtures for all tests: the template, services rendered from it, their environments and servers."""

import contextlib
import os
import pickle
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from xdist.remote import Producer
from xdist.workermanage import WorkerController

from tests import ledger, tiers
from tests.browser import browsing, serving_files
from tests.bytecode import date_by_content, keep_bytecode
from tests.changes import SEED
from tests.choosing import opened
from tests.combinations import Combination
from tests.copying import cheap_copies
from tests.distribution import ByCombination
from tests.environments import Environment, environment_of, pythons
from tests.proofs import collected
from tests.rendering import Tree, render_all
from tests.servers import Server, Servers
from tests.sharing import made_once
from tests.site import build
from tests.template import VERSION, Service, commit_working_tree
from tests.versions import make_up_former_version


def pytest_addoption(parser: pytest.Parser) -> None:
    tiers.add_options(parser)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    tiers.parametrize(metafunc)


@pytest.hookimpl(trylast=True)  # after `-m`: only what the run has is dealt out
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    tiers.choose(config, items)


def pytest_report_header() -> list[str]:
    found = [version if path else f"no {version}" for version, path in pythons().items()]
    return [f"SLIPWAY_SEED={SEED} draws the same changes of answers again", f"interpreters: {', '.join(found)}"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if ledger.PROVED in report.longreprtext]
    terminalreporter.section("not run here")
    if skipped:
        terminalreporter.line(
            f"{len(skipped)} tests, which have proved the same service on this machine before. Again:"
        )
        terminalreporter.line(f"    {tiers.AGAIN}")
    for line in tiers.left_out(config):
        terminalreporter.line(line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that reports what this worker has left out."""
    if output := getattr(session.config, "workeroutput", None):
        output["left out"] = {run: sorted(files) for run, files in session.config.stash[tiers.LEFT_OUT].items()}


def pytest_testnodedown(node: WorkerController) -> None:
    left_out = getattr(node, "workeroutput", {}).get("left out", {})
    node.config.stash[tiers.LEFT_OUT] = {run: set(files) for run, files in left_out.items()}


def pytest_xdist_auto_num_workers() -> int:
    """Return two workers more than there are cores, because tests also wait for servers, deadlines and the clock."""
    return (os.cpu_count() or 1) + 2


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByCombination:
    return ByCombination(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" and report.passed:
        ledger.enter(item)
    if report.failed:
        report.sections.append(("To see this alone", f"uv run pytest -n 0 '{item.nodeid}'"))
    return report


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return the folder that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def ids_of_every(run_folder: Path) -> list[str]:
    """Return the ids of the tests of `--every`, collected once for the whole run."""

    def make(path: Path) -> None:
        path.write_text("\n".join(collected("--every")), "utf-8")

    return made_once(run_folder / "ids of every", make).read_text("utf-8").splitlines()


@pytest.fixture(scope="session")
def template(run_folder: Path) -> Iterator[Path]:
    with cheap_copies():
        yield made_once(run_folder / "repository", commit_working_tree)


@pytest.fixture(scope="session")
def versions(run_folder: Path) -> Path:
    """Return a repository with an invented former version, and the working tree as the newest version."""
    return made_once(run_folder / "versions", make_up_former_version)


@pytest.fixture(scope="session")
def trees(template: Path, run_folder: Path) -> list[Tree]:
    """Return all services, rendered in memory once for the whole run."""

    def make(path: Path) -> None:
        path.write_bytes(pickle.dumps(render_all(template, VERSION)))

    return pickle.loads(made_once(run_folder / "trees", make).read_bytes())  # noqa: S301 - this run has written it


@pytest.fixture(scope="session")
def site(template: Path, ids_of_every: list[str], run_folder: Path) -> Path:
    """Return the documentation, built once for the whole run."""
    return made_once(run_folder / "documentation", lambda path: build(path, template, ids_of_every)) / "site"


@pytest.fixture(scope="module")
def url(site: Path) -> Iterator[str]:
    with serving_files(site) as url:
        yield url


@pytest.fixture(scope="module")  # while it is open, no other test can run an event loop
def browser() -> Iterator[Browser]:
    with browsing() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """Yield the page on which to choose, with the default answers."""
    page = browser.new_page()
    opened(page, f"{url}choose/")
    yield page
    page.close()


@pytest.fixture(scope="session")
def rendered(template: Path, run_folder: Path, request: pytest.FixtureRequest) -> Callable[[Combination], Service]:
    """Return a function that returns the service of a combination; pytest-copie renders each once for the whole run."""

    def of(combination: Combination) -> Service:
        folder = run_folder / "services" / combination.id.replace("/", ",").replace(":", "=")
        folder.parent.mkdir(exist_ok=True)
        return Service(made_once(folder, lambda path: make(path, combination)), combination)

    def make(folder: Path, combination: Combination) -> None:
        copie: Any = request.getfixturevalue("copie_session")  # its types are not complete
        # It always copies with `unsafe=True`, and its updates keep the recorded answers. So tests/template.py and
        # tests/updating.py use Copier's own `run_copy` and `run_update` to test what a copy may not do, and updates.
        result = copie.copy(extra_answers=combination.answers, template_dir=template)
        assert result.exit_code == 0, result.exception
        assert result.project_dir
        shutil.move(result.project_dir, folder)
        date_by_content(folder)

    return of


@pytest.fixture(scope="session")
def service(combination: Combination, rendered: Callable[[Combination], Service]) -> Service:
    return rendered(combination)


@pytest.fixture(scope="session")
def environment(service: Service, run_folder: Path) -> Environment:
    return environment_of(service.path, run_folder / "environments")


@pytest.fixture(autouse=True)
def proved_before(request: pytest.FixtureRequest) -> None:
    """Skip a test that the same service has passed before on this machine, with the same lock and servers."""
    if "workspace" in request.fixturenames and "combination" in request.fixturenames:
        service: Service = request.getfixturevalue("service")
        environment: Environment = request.getfixturevalue("environment")
        ledger.skip_if_entered(request, service, environment)


@pytest.fixture
def workspace(service: Service, run_folder: Path, worker_id: str) -> Path:
    """Return a copy of the service that can run and write files; the next copy replaces it."""
    folder = run_folder / f"workspace-{worker_id}"
    shutil.rmtree(folder, ignore_errors=True)
    workspace = shutil.copytree(service.path, folder / "service")
    keep_bytecode(workspace, run_folder / f"compiled-{worker_id}")
    return workspace


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Yield the servers of this worker. Its tests run one after the other, so a test can stop them."""
    servers = Servers()
    yield servers
    servers.close()


@pytest.fixture
def behind(service: Service, servers: Servers, capfd: pytest.CaptureFixture[str]) -> dict[str, Server]:
    """Return the servers of the service by the settings that take their URLs."""
    with capfd.disabled():  # making a server may install it, which the terminal must show
        return servers.behind(service.answers)


@pytest.fixture
def settings(behind: dict[str, Server]) -> Iterator[dict[str, str]]:
    """Yield settings with the URLs of fresh databases; a service without a server needs no settings."""
    with contextlib.ExitStack() as stack:
        yield {setting: stack.enter_context(server.database()) for setting, server in behind.items()}
