"""An embedded store loses nothing that it has acknowledged, however often its process is killed."""

from pathlib import Path

import pytest

from tests.combinations import all_combinations
from tests.environments import Environment

KILLS = 200
SMALLEST = {"database": "none", "scheduler": "none", "store": "lmdb", "example": False}


@pytest.mark.combinations([each for each in all_combinations() if each.answers == SMALLEST])
def test_after_many_kills_every_acknowledged_write_is_there_and_whole(
    workspace: Path, environment: Environment, tmp_path: Path
) -> None:
    run = environment.run(
        "-m", "tests.store.lmdb.processes", "kill", str(tmp_path / "store"), str(KILLS), cwd=workspace
    )
    assert run.returncode == 0, run.stdout
    assert run.stdout.startswith(f"{KILLS} kills, ")
