"""A program that runs during a test and ends with it."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path


class Program:
    """A program that a test can stop and start again; its output is kept for failure messages."""

    def __init__(  # noqa: PLR0913 - each is named at the call
        self,
        command: Sequence[str | Path],
        log: Path,
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        user: int | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.command = command
        self.log = log
        self.cwd = cwd
        self.env = env
        self.user = user
        self.stop_signal = stop_signal
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.cwd,
                env=self.env,
                user=self.user,
                group=self.user,
                extra_groups=None if self.user is None else [],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # its own process group, so that a stop ends all of its processes
                preexec_fn=lambda: _end_with_parent(self.stop_signal),  # noqa: PLW1509 - only one thread starts programs
            )

    def stop(self, *, seconds: float = 30) -> int:
        """Ask the program to end and return its exit code; kill it if it does not end."""
        process = self.process
        if process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(self.stop_signal)
        try:
            return process.wait(seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def pids(self) -> list[int]:
        """Return the process and its descendants."""
        assert self.process
        return [self.process.pid, *descendants(self.process.pid)]

    def kill(self) -> None:
        """Kill all processes of the program at once."""
        assert self.process
        _signal(self.pids(), signal.SIGKILL)
        self.process.wait()

    @contextlib.contextmanager
    def frozen(self) -> Generator[None]:
        """Stop all processes of the program without ending them: connections stay open, and nobody answers."""
        processes = self.pids()
        _signal(processes, signal.SIGSTOP)
        try:
            yield
        finally:
            _signal(processes, signal.SIGCONT)

    def check(self) -> bool:
        """Raise an error with the program's output if it has ended by itself."""
        if not self.runs:
            msg = f"{self.command[0]} ended:\n{self.output()}"
            raise SystemError(msg)
        return True

    def output(self) -> str:
        return self.log.read_text("utf-8", errors="replace")


@contextlib.contextmanager
def running(programs: Sequence[Program]) -> Generator[None]:
    """Start programs, and stop them afterwards."""
    for program in programs:
        program.start()
    try:
        yield
    finally:
        for program in programs:
            program.stop()


def run_to_end(command: Sequence[str | Path], *, cwd: Path | None = None, user: int | None = None) -> None:
    """Run a program to its end; raise an error with its output if it fails."""
    run = subprocess.run(command, cwd=cwd, user=user, check=False, capture_output=True, text=True)
    if run.returncode:
        msg = f"{command[0]} failed:\n{run.stdout}{run.stderr}"
        raise RuntimeError(msg)


def descendants(pid: int) -> Iterator[int]:
    """Yield the children of a process, their children, and so on."""
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            yield from (child, *descendants(child))


def _signal(processes: Sequence[int], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)


def _end_with_parent(stop_signal: signal.Signals) -> None:
    # A killed test run must leave no programs behind; only Linux can guarantee that (1 is PR_SET_PDEATHSIG).
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, stop_signal)
