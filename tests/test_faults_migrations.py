"""A service whose database does not fit its migrations says so in a line, and takes no requests until it does."""

from pathlib import Path

import pytest

from tests.combinations import Combination
from tests.environments import Environment
from tests.serving import starting

ON_SQLITE = Combination((("database", "sqlite"), ("scheduler", "none"), ("store", "none"), ("example", True)))
ON_POSTGRES, ON_MYSQL = ON_SQLITE.but(database="postgres"), ON_SQLITE.but(database="mysql")
REVISION = """
revision, down_revision, branch_labels, depends_on = "{0}", "{1}", None, None

def upgrade() -> None: ...
def downgrade() -> None: ...
"""


def write_revisions(workspace: Path, *names: str, after: str = "0001") -> None:
    for name in names:
        (workspace / f"migrations/versions/{name}.py").write_text(REVISION.format(name, after), "utf-8")


@pytest.mark.combinations([ON_SQLITE, ON_POSTGRES, ON_MYSQL])
def test_a_service_is_ready_once_its_migrations_have_run(
    environment: Environment, workspace: Path, settings: dict[str, str]
) -> None:
    settings["ENVIRONMENT"] = "staging"
    with starting(environment, workspace, settings, workers=1) as service:
        service.wait_for(503)
        error = service.get("/ready").json()["checks"]["database"]["error"]
        assert error == "1 migration is pending, up to 0001; run `python -m app migrate`"
        assert environment.run("-m", "app", "migrate", cwd=workspace, **settings).returncode == 0
        service.wait_for(200)


@pytest.mark.sample([ON_POSTGRES])
@pytest.mark.combinations([ON_SQLITE, ON_POSTGRES])
def test_two_heads_are_a_line_of_every_command_and_change_no_database(
    environment: Environment, workspace: Path, settings: dict[str, str]
) -> None:
    assert environment.run("-m", "app", "migrate", cwd=workspace, **settings).returncode == 0
    write_revisions(workspace, "left", "right")
    line = "migrations/versions has 2 heads, left and right; join them with `alembic merge heads`"
    for command in ("-m app migrate", "-m app serve --port 0", "-m alembic check"):
        run = environment.run(*command.split(), cwd=workspace, **settings)
        assert (run.returncode != 0, run.stdout.count(line), "Traceback" in run.stdout) == (True, 1, False), run.stdout
    assert "0001" in environment.run("-m", "alembic", "current", cwd=workspace, **settings).stdout
    revision = environment.run("-m", "alembic", "revision", "-m", "next", cwd=workspace, **settings)
    assert (revision.returncode, len(revision.stdout.splitlines())) == (255, 1), revision.stdout


@pytest.mark.combinations([ON_SQLITE])
def test_a_revision_that_another_one_follows_and_nobody_has_is_a_line_of_every_command(
    environment: Environment, workspace: Path, settings: dict[str, str]
) -> None:
    write_revisions(workspace, "mine", after="gone")
    for command in ("-m app migrate", "-m app serve --port 0", "-m alembic check"):
        run = environment.run(*command.split(), cwd=workspace, **settings)
        said = [line for line in run.stdout.splitlines() if "migrations/versions lacks gone" in line]
        assert (run.returncode != 0, len(said), "Traceback" in run.stdout) == (True, 1, False), run.stdout


@pytest.mark.sample([ON_POSTGRES])
@pytest.mark.combinations([ON_SQLITE, ON_POSTGRES])
def test_a_database_that_is_ahead_of_the_code_is_a_line_of_every_command_that_changes_it(
    environment: Environment, workspace: Path, settings: dict[str, str]
) -> None:
    write_revisions(workspace, "newer")
    assert environment.run("-m", "app", "migrate", cwd=workspace, **settings).returncode == 0
    (workspace / "migrations/versions/newer.py").unlink()
    for command in ("-m app migrate", "-m app serve --port 0", "-m alembic revision --autogenerate -m next"):
        run = environment.run(*command.split(), cwd=workspace, **settings)
        said = [line for line in run.stdout.splitlines() if "is ahead of this code" in line]
        assert (run.returncode != 0, len(said), "Traceback" in run.stdout) == (True, 1, False), run.stdout
    with starting(environment, workspace, settings | {"ENVIRONMENT": "staging"}, workers=1) as service:
        service.wait_for(200)
