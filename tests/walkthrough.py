"""A reader who follows a page of the documentation from its top to its end, beside a clone of the template or in it."""

import contextlib
import functools
import re
import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path

from tests.combinations import Answer
from tests.pages import Change, Expect, Run, Step, Write, pages, steps
from tests.servers import Servers
from tests.servers.ports import free_port
from tests.servers.program import Program
from tests.servers.waiting import wait_until
from tests.serving import Serving
from tests.shell import environ
from tests.template import git

CLONE = "slipway"
PORTS = ("8000", "4318", "8080", "9000")  # the ports in the pages; each page gets free ports instead
LASTING = re.compile(r"-m app (?P<kind>serve|worker|scheduler)\b|(?P<background> &)$")
OF_OTHERS = re.compile(r"^(docker|kubectl)\b")
URL = re.compile(r"(?P<scheme>postgresql|mysql|mongodb|redis)(?P<driver>\+\w+)?://(?:\w+:\w+@)?localhost:\d+/\w+")
SERVERS: dict[str, dict[str, Answer]] = {
    "postgresql": {"database": "postgres"},
    "mysql": {"database": "mysql"},
    "mongodb": {"database": "mongodb"},
    "redis": {"store": "redis"},
}


class Walkthrough:
    """Runs the steps of a page, and stops its programs at the end."""

    def __init__(self, start: Path, scratch: Path, servers: Servers) -> None:
        self.folder = start
        self._scratch = scratch
        self._servers = servers
        self._stack = contextlib.ExitStack()
        self._databases: dict[str, str] = {}
        self._ports = {port: str(free_port()) for port in PORTS}
        self._programs: dict[str, Program] = {}
        self._printed: str | None = ""
        self._before: dict[str, int] = {}
        self.written: list[Path] = []
        self._new_shell = environ(scratch)
        self.environ = dict(self._new_shell)

    def close(self) -> None:
        self._stop_programs()
        self._stack.close()

    def open_new_shell(self, folder: Path) -> None:
        """Go on in another folder, without programs in the background and without what commands have exported."""
        self._stop_programs()
        self.folder, self.environ = folder, dict(self._new_shell)

    def _stop_programs(self) -> None:
        while self._programs:
            self._programs.popitem()[1].stop()

    def take(self, step: Step) -> None:
        match step:
            case Run():
                self._run(step)
            case Expect():
                self._expect(step)
            case Write():
                self._file(step).write_text(self._local(step.text), "utf-8")
            case Change():
                path = self._file(step)
                path.write_text(changed(path.read_text("utf-8"), step.text), "utf-8")

    def _file(self, step: Write | Change) -> Path:
        path = self.folder / step.path
        path.parent.mkdir(parents=True, exist_ok=True)
        self.written.append(path)
        return path

    def _local(self, text: str) -> str:
        """Replace the ports and servers of the page by those of this walk."""
        for port, mine in self._ports.items():
            text = re.sub(rf"\b{port}\b", mine, text)
        return URL.sub(self._database, text)

    def _database(self, url: re.Match[str]) -> str:
        if url[0] not in self._databases:
            (server,) = self._servers.behind(SERVERS[url["scheme"]]).values()
            self._databases[url[0]] = self._stack.enter_context(server.database())
        mine = self._databases[url[0]]
        return mine.replace("://", f"{url['driver'] or ''}://", 1)

    def _run(self, step: Run) -> None:
        self._printed = ""
        self._before = {kind: len(program.output()) for kind, program in self._programs.items()}
        for line in step.commands:
            if (program := OF_OTHERS.match(line)) and not is_usable(program[0], line):
                self._printed = None  # there is no output to compare
            elif lasting := LASTING.search(line):
                self._start(line, lasting)
            else:
                self._execute(line)

    def _execute(self, line: str) -> None:
        """Run a command in a shell with the variables that earlier commands have exported."""
        state = self._scratch / "state"
        script = f"set -eu -o pipefail\n{self._local(line)}\nenv -0 >{state}; pwd >{state}.folder"
        run = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert run.returncode == 0, f"{line}\n{run.stdout}\n{self._outputs()}"
        self.environ = dict(pair.split("=", 1) for pair in state.read_text("utf-8").split("\0") if "=" in pair)
        self.folder = Path(Path(f"{state}.folder").read_text("utf-8").strip())
        if self._printed is not None:
            self._printed += run.stdout

    def _start(self, line: str, lasting: re.Match[str]) -> None:
        """Start a program in the background, and stop an earlier one of the same kind."""
        first, _, last = line.partition("#")[0].rstrip(" &").rpartition(" && ")
        if first:
            self._execute(first)
        kind = lasting["kind"] or last
        if kind in self._programs:
            self._programs[kind].stop()
        if kind == "serve":
            last = last.replace("-m app serve", "-m app serve --port 8000")
        log = self._scratch / f"program-{len(list(self._scratch.glob('program-*')))}"
        self._programs[kind] = Program(
            ["bash", "-c", self._local(last)], log, cwd=self.folder, env=dict(self.environ, PYTHONUNBUFFERED="1")
        )
        self._before[kind] = 0
        self._programs[kind].start()
        self._wait_for(kind, self._programs[kind])

    def _wait_for(self, kind: str, program: Program) -> None:
        if kind == "serve":
            Serving(program, int(self._ports["8000"])).wait_for(200, seconds=60)
        elif kind in ("worker", "scheduler"):
            wait_until(lambda: program.check() and program.output(), seconds=60, what=f"the {kind} says something")

    def _expect(self, step: Expect) -> None:
        if self._printed is None:
            return
        is_there = functools.partial(is_printed, self._local(step.text), is_json=step.is_json)
        try:
            wait_until(lambda: is_there(self._all_printed()), seconds=20 if self._programs else 0.1, what=step.text)
        except TimeoutError as error:
            msg = f"not printed:\n{step.text}\nbut:\n{self._all_printed()}"
            raise AssertionError(msg) from error

    def _all_printed(self) -> str:
        """Return the output of the last commands, and of the programs in the background since these commands began."""
        beside = [program.output()[self._before.get(kind, 0) :] for kind, program in self._programs.items()]
        return "\n".join([self._printed or "", *beside])

    def _outputs(self) -> str:
        return "\n".join(program.output() for program in self._programs.values())


@contextlib.contextmanager
def walking(folder: Path, template: Path, servers: Servers, *, in_a_clone: bool) -> Generator[Walkthrough]:
    """Yield a walk that starts in a folder with a clone of the template, or in the clone."""
    start = folder / "start"
    start.mkdir()
    git(start, "clone", "--quiet", str(template), CLONE)
    walk = Walkthrough(start / CLONE if in_a_clone else start, folder, servers)
    try:
        yield walk
    finally:
        walk.close()


def is_printed(expected: str, printed: str, *, is_json: bool) -> bool:
    """Whether the expected lines were printed one after the other; a line with only `…` is any number of lines."""
    if is_json:
        return bool(re.search(_pattern(re.sub(r"\s", "", expected)), re.sub(r"\s", "", printed)))
    lines = [r"(?:.*\n)*" if line == "…" else rf"{_pattern(line)}[ ]*\n" for line in expected.splitlines()]
    return bool(re.search(rf"^{''.join(lines)}", f"{printed}\n", re.MULTILINE))


def _pattern(text: str) -> str:
    return ".*".join(re.escape(part) for part in text.split("…"))


def changed(text: str, diff: str) -> str:
    """Apply a diff to a text; the lines of the diff must occur in the text exactly once."""
    lines = diff.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    assert text.count(before) == 1, f"there {text.count(before)} times, and not once:\n{before}"
    return text.replace(before, after)


def not_run() -> list[str]:
    """Return the commands of all pages that this machine cannot run."""
    runs = [step for page in pages() for step in steps(page.read_text("utf-8")) if isinstance(step, Run)]
    lines = [line for run in runs for line in run.commands]
    return [line for line in lines if (program := OF_OTHERS.match(line)) and not is_usable(program[0], line)]


def is_usable(program: str, line: str) -> bool:
    """Whether a command can run here; a command that would change a cluster never runs."""
    if program == "kubectl":
        return line.startswith("kubectl kustomize") and shutil.which(program) is not None
    return _docker_answers()


@functools.cache
def _docker_answers() -> bool:
    if not shutil.which("docker"):
        return False
    asked = (["docker", "compose", "version"], ["docker", "info"])
    return all(subprocess.run(each, capture_output=True, check=False).returncode == 0 for each in asked)
