"""Temporary files are never half-written, in a folder and in a bucket, although their processes are killed."""

import contextlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from tests.combinations import Combination
from tests.environments import Environment, clean_environ
from tests.servers.s3 import S3
from tests.servers.waiting import wait_until
from tests.serving import serving

pytestmark = pytest.mark.combinations(
    [Combination((("database", "none"), ("scheduler", "none"), ("temp_files", True), ("example", False)))]
)

PROCESSES = 4
TASKS = 25  # in each
HEAD = """
import asyncio, json, os, random, signal, sys, time
from kit.temp_files import NoSpaceError, TempFileService, TotalSizeError
from kit.temp_files.settings import TempFilesSettings

async def pieces(size):
    for at in range(0, size, 100_000):
        yield b"x" * min(100_000, size - at)
"""
# Each child is killed somewhere in the middle of its saves; the name of a file contains its size.
KILL = """
async def save_and_tell(told):
    files = TempFileService(TempFilesSettings())
    while True:
        size = random.choice([10, 10, 10, 300_000, 300_000, 6_000_000])
        name = await files.save(f"{size}.bin", pieces(size))
        os.write(told, f"{name}\\n".encode())

told = os.open("told.txt", os.O_RDWR | os.O_CREAT | os.O_APPEND)
for _ in range(int(sys.argv[1])):
    before = os.fstat(told).st_size
    child = os.fork()
    if not child:
        asyncio.run(save_and_tell(told))
    while os.fstat(told).st_size == before and not os.waitpid(child, os.WNOHANG)[0]:  # a busy machine takes long
        time.sleep(0.005)
    time.sleep(random.uniform(0, 0.1))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
with open("told.txt") as names:
    print(json.dumps(names.read().split()))
"""
LOOK = """
async def look():
    files = TempFileService(TempFilesSettings())
    found = {name: len(await files.read(name)) for name in [name async for name in files.list()]}
    parts = [part.key async for group in files.objects.groups() for part in group.parts]
    print(json.dumps({"sizes": found, "parts": len(parts)}))

asyncio.run(look())
"""
SAVE_AT_ONCE = """
async def save_all():
    files = TempFileService(TempFilesSettings())
    print("ready", flush=True)
    sys.stdin.readline()
    mine = [f"{sys.argv[1]}-{number}" for number in range(int(sys.argv[2]))]
    names = await asyncio.gather(*(files.save("report.txt", text) for text in mine))
    print(json.dumps([[name, text, await files.read(name)] for name, text in zip(names, mine)]))

asyncio.run(save_all())
"""
FILL_UP = """
async def fill_up():
    files = TempFileService(TempFilesSettings())
    saved = 0
    while True:
        try:
            saved += bool(await files.save("a.bin", pieces(700_000)))
        except TotalSizeError:
            print(json.dumps(saved))
            return

asyncio.run(fill_up())
"""
FILL_DISK = """
import resource

if "limit" in sys.argv:  # this user may mount no disk
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8 * 2**20, 8 * 2**20))

async def fill_disk():
    files = TempFileService(TempFilesSettings())
    errors = []
    for content in (pieces(20_000_000), b"x" * 20_000_000):
        try:
            await files.save("large.bin", content)
        except NoSpaceError as error:
            errors.append(error.message)
    await files.save("small.bin", b"x")
    print(json.dumps(errors))

asyncio.run(fill_disk())
"""


class Place:
    """A folder or a bucket, and programs of the service that use it."""

    def __init__(self, environment: Environment, workspace: Path, url: str) -> None:
        self.environment, self.workspace = environment, workspace
        self.settings = {"TEMP_FILES_URL": url}

    def run(self, script: str, *arguments: str) -> Any:  # noqa: ANN401 - each script has a result of its own
        """Run a program of the service to its end, and return the JSON in its last line."""
        return self.results([self.start(script, *arguments)])[0]

    def start(self, script: str, *arguments: str) -> "subprocess.Popen[str]":
        command = [self.environment.python, "-c", HEAD + script, *arguments]
        env = clean_environ(**self.settings)
        return subprocess.Popen(command, cwd=self.workspace, env=env, stdin=PIPE, stdout=PIPE, text=True)

    def results(self, programs: "list[subprocess.Popen[str]]") -> list[Any]:
        outputs = [program.communicate(timeout=300)[0] for program in programs]
        assert [program.returncode for program in programs] == [0] * len(programs)
        return [json.loads(output.splitlines()[-1]) for output in outputs]


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, environment: Environment, workspace: Path, bucket: str) -> Place:
    url = bucket if request.param == "bucket" else f"file://{workspace}/files"
    return Place(environment, workspace, url)


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with contextlib.closing(S3()) as server:
        yield server


@pytest.fixture
def bucket(s3: S3) -> Iterator[str]:
    with s3.database() as url:
        yield url


@pytest.mark.thorough
@pytest.mark.axis("kills", default=[25], every=[100])
def test_a_save_is_whole_or_not_there_whenever_it_is_killed(kills: int, place: Place) -> None:
    told = place.run(KILL, str(kills))
    found = place.run(LOOK)
    assert len(told) >= kills
    assert set(told) <= found["sizes"].keys()
    assert [name for name, size in found["sizes"].items() if size != int(name.partition(".")[0])] == []
    assert found["parts"] > 2 * len(found["sizes"]), "no save was killed in the middle"
    with serving(place.environment, place.workspace, place.settings, workers=2):
        wait_until(lambda: _is_clean(place), seconds=90, what="what was left is gone", pause=2)
    assert place.run(LOOK)["sizes"] == found["sizes"]


def test_saves_of_one_name_in_four_processes_get_one_name_each(place: Place) -> None:
    programs = [place.start(SAVE_AT_ONCE, str(number), str(TASKS)) for number in range(PROCESSES)]
    for program in programs:
        assert program.stdout
        assert program.stdout.readline() == "ready\n"
    for program in programs:
        assert program.stdin
        program.stdin.write("go\n")
        program.stdin.flush()
    saved = [each for result in place.results(programs) for each in result]
    assert len({name for name, _, _ in saved}) == PROCESSES * TASKS == len(place.run(LOOK)["sizes"])
    assert [text for _, text, _ in saved] == [read for _, _, read in saved]


def test_four_processes_fill_the_place_up_and_never_beyond_its_limit(place: Place) -> None:
    place.settings["TEMP_FILES_MAX_TOTAL_SIZE_MB"] = "20"
    counts = place.results([place.start(FILL_UP) for _ in range(PROCESSES)])
    assert sum(counts) == 20 * 2**20 // 700_000
    assert sum(place.run(LOOK)["sizes"].values()) == sum(counts) * 700_000


@pytest.mark.thorough
def test_a_full_disk_is_said_to_be_full_and_the_service_goes_on(environment: Environment, workspace: Path) -> None:
    disk = workspace / "disk"
    disk.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], check=False, capture_output=True)
    try:
        place = Place(environment, workspace, f"file://{disk}/files")
        errors = place.run(FILL_DISK, *(["limit"] if mount.returncode else []))
        sizes = place.run(LOOK)
    finally:
        if not mount.returncode:
            subprocess.run(["umount", disk], check=True)
    assert errors == ["There is no space left for temporary files"] * 2
    assert sizes == {"sizes": {"small.bin": 1}, "parts": 2}


def _is_clean(place: Place) -> bool:
    found = place.run(LOOK)
    return found["parts"] == 2 * len(found["sizes"])
