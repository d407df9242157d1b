"""A lock between processes, and the lead of one of them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kit.discovery import PROJECT_FOLDER
from kit.process_lock import Lead, ProcessLock

HOLD = """
import sys
from pathlib import Path
from kit.process_lock import ProcessLock

held = ProcessLock(Path(sys.argv[1]))
print(held.try_acquire(), flush=True)
sys.stdin.read()
"""


def test_one_holds_the_lock_until_it_releases_it(tmp_path: Path) -> None:
    one, two = (ProcessLock(tmp_path / "new" / "lock") for _ in range(2))
    assert (one.try_acquire(), one.try_acquire(), two.try_acquire()) == (True, True, False)
    assert (one.is_held, two.is_held) == (True, False)
    one.release()
    one.release()
    assert (one.is_held, two.try_acquire()) == (False, True)
    two.release()


def test_the_lock_of_a_process_that_dies_becomes_free(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_FOLDER)}
    command = [sys.executable, "-c", HOLD, str(lock)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, text=True, stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        assert process.stdout.readline() == "True\n"
        held = ProcessLock(lock)
        assert not held.try_acquire()
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert held.try_acquire()
        held.release()


def test_a_leader_that_shows_nothing_for_some_time_is_stuck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit.process_lock.MAX_SILENCE", 0.05)
    leader, other = (Lead(tmp_path / "lock") for _ in range(2))
    assert (leader.try_acquire(), other.try_acquire(), other.is_stuck) == (True, False, False)
    time.sleep(0.1)
    assert (other.try_acquire(), other.is_stuck, leader.is_stuck) == (False, True, False)
    leader.show()
    assert (other.try_acquire(), other.is_stuck) == (False, False)
    leader.release()
    assert (other.try_acquire(), other.is_stuck) == (True, False)
    other.release()


FORK = """
import os, sys, time
from pathlib import Path
from kit.process_lock import ProcessLock

held = ProcessLock(Path(sys.argv[1]))
held.try_acquire()
if (child := os.fork()) == 0:
    print(held.is_held, flush=True)
    time.sleep(60)
time.sleep(60)
"""


def test_processes_that_the_holder_forked_do_not_keep_its_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_FOLDER)}
    command = [sys.executable, "-c", FORK, str(lock)]
    with subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "False\n"
            held = ProcessLock(lock)
            assert not held.try_acquire(), "the child must not unlock the file"
            process.kill()
            process.wait()
            deadline = time.monotonic() + 5
            while not held.try_acquire():
                assert time.monotonic() < deadline
                time.sleep(0.02)
            held.release()
        finally:
            os.killpg(process.pid, signal.SIGKILL)
