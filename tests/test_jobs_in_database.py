"""Jobs on a queue in the database run as often as they are due, although workers die and the database goes away."""

import shutil
import time
from pathlib import Path

import pytest

from tests.environments import Environment
from tests.servers import Server
from tests.serving import serving
from tests.test_faults_jobs import check_that_hanging_jobs_stop_nothing, check_that_jobs_follow_the_clock
from tests.test_jobs import IN_SERVICE, SLOTS, TAKEOVER, Jobs, check_slots, processes

IN_DATABASE = IN_SERVICE.but(database="postgres", scheduler="pgqueuer")
pytestmark = [pytest.mark.thorough, pytest.mark.combinations([IN_DATABASE])]


@pytest.fixture
def jobs(workspace: Path) -> Jobs:
    return Jobs(workspace)


@pytest.fixture
def migrated(environment: Environment, workspace: Path, settings: dict[str, str]) -> dict[str, str]:
    """Migrate the database, and return the settings of the service."""
    assert environment.run("-m", "app", "migrate", cwd=workspace, **settings).returncode == 0
    return settings


def test_each_slot_is_started_once_by_four_workers_of_which_some_die(
    environment: Environment, workspace: Path, jobs: Jobs, migrated: dict[str, str]
) -> None:
    jobs.write("tick", every=1, takes=0.2)
    with processes(environment, workspace, migrated, worker=4):
        jobs.wait("tick", "start", 5)
        killed = [jobs.kill_in_the_middle("tick")]
        jobs.wait("tick", "start", 20)
        killed.append(jobs.kill_in_the_middle("tick"))
        jobs.wait("tick", "start", SLOTS, seconds=SLOTS + 2 * TAKEOVER)
    check_slots(jobs, killed)


def test_a_long_run_is_repeated_when_its_worker_dies_and_else_not(
    environment: Environment, workspace: Path, jobs: Jobs, migrated: dict[str, str]
) -> None:
    jobs.write("long", every=86_400, takes=12)
    with processes(environment, workspace, migrated, worker=3):
        killed = jobs.kill_in_the_middle("long")
        died = time.time()
        jobs.wait("long", "start", 2, seconds=TAKEOVER)
        jobs.wait("long", "end", 1, seconds=30)
    first, second = jobs.notes("long", "start")
    assert (first.pid, second.at - died < TAKEOVER) == (killed, True)
    assert second.pid != killed


def test_the_database_goes_away_and_comes_back_and_no_run_is_repeated(
    environment: Environment, workspace: Path, jobs: Jobs, migrated: dict[str, str], behind: dict[str, Server]
) -> None:
    jobs.write("tick", every=1, takes=0.2)
    jobs.write("long", every=86_400, takes=30)
    with (
        serving(environment, workspace, migrated) as service,
        processes(environment, workspace, migrated, worker=3) as programs,
    ):
        jobs.wait("tick", "end", 3)
        jobs.wait("long", "start", 1)
        behind["DATABASE_URL"].stop()
        service.wait_for(503)
        time.sleep(15)
        assert service.get("/health").status_code == 200
        behind["DATABASE_URL"].start()
        service.wait_for(200)
        jobs.wait("tick", "end", len(jobs.notes("tick", "end")) + 8)
        jobs.wait("long", "end", 1, seconds=40)
        assert all(program.runs for program in programs)
    slots = [int(note.at) for note in jobs.notes("tick", "start")[1:]]  # the first run is due at once
    assert len(set(slots)) == len(slots)
    assert len(jobs.notes("long", "start")) == 1


def test_a_run_waits_until_a_worker_of_the_new_release_comes(
    environment: Environment, workspace: Path, jobs: Jobs, migrated: dict[str, str]
) -> None:
    former = Path(shutil.copytree(workspace, workspace.with_name("former")))
    jobs.write("new", every=86_400, takes=0)
    with serving(environment, workspace, migrated), processes(environment, former, migrated, worker=2):
        time.sleep(3)
        with processes(environment, workspace, migrated, worker=1):
            jobs.wait("new", "end", 1)
            time.sleep(6)  # longer than the lease of an entry
    assert len(jobs.notes("new", "start")) == 1


@pytest.mark.parametrize("with_worker", [False, True])
def test_jobs_that_hang_stop_neither_others_nor_the_stop(
    environment: Environment, workspace: Path, jobs: Jobs, migrated: dict[str, str], *, with_worker: bool
) -> None:
    settings = {**migrated, "SCHEDULER_WITH_WORKER": str(with_worker)}
    check_that_hanging_jobs_stop_nothing(environment, workspace, jobs, settings, worker=int(not with_worker))


def test_jobs_go_on_after_the_clock_was_put_back(
    environment: Environment, workspace: Path, jobs: Jobs, migrated: dict[str, str]
) -> None:
    check_that_jobs_follow_the_clock(environment, workspace, jobs, migrated, worker=1)
