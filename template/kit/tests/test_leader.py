"""One of many."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from kit.discovery import PROJECT_FOLDER
from kit.leader import Leader

HOLD = """
import sys
from pathlib import Path
from kit.leader import Leader

leader = Leader(Path(sys.argv[1]))
print(leader.try_acquire(), flush=True)
sys.stdin.read()
"""


def test_one_leads_until_it_leaves_the_lead(tmp_path: Path) -> None:
    one, two = (Leader(tmp_path / "new" / "lock") for _ in range(2))
    assert (one.try_acquire(), one.try_acquire(), two.try_acquire()) == (True, True, False)
    assert (one.is_leader, two.is_leader) == (True, False)
    one.release()
    one.release()
    assert (one.is_leader, two.try_acquire()) == (False, True)
    two.release()


def test_the_lead_of_a_process_that_dies_is_free(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_FOLDER)}
    command = [sys.executable, "-c", HOLD, str(lock)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, text=True, stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        assert process.stdout.readline() == "True\n"
        leader = Leader(lock)
        assert not leader.try_acquire()
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert leader.try_acquire()
        leader.release()
