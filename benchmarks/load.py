"""Load from wrk, in a closed loop: each connection sends its next request when it has the answer."""

import json
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import cores

MAX_REQUESTS = 500_000
MISSING = "There is no wrk. Install it (Debian: apt-get install wrk; macOS: brew install wrk)."


@dataclass(frozen=True)
class Request:
    """A request; a `%d` in its body is replaced by another number each time."""

    path: str
    method: str = "GET"
    body: str = ""
    authorization: str = ""


@dataclass(frozen=True)
class Sample:
    """The result of a load; times are in milliseconds."""

    rate: float
    p50: float
    p99: float
    failed: int


def load(url: str, request: Request, *, connections: int, seconds: int) -> Sample:
    """Send requests for some seconds, but at most `MAX_REQUESTS`, from the cores that the service does not use."""
    if not (wrk := shutil.which("wrk")):
        raise RuntimeError(MISSING)
    command = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(_script()), url]
    arguments = [request.method, request.path, str(MAX_REQUESTS), str(time.time_ns() // 1000), request.authorization]
    with cores.only(cores.OTHERS):
        run = subprocess.run(
            [*command, "--", *arguments, *([request.body] if request.body else [])],
            capture_output=True,
            check=True,
            text=True,
            timeout=seconds + 30,
        )
    found = json.loads(run.stdout.splitlines()[-1])
    answered = found["requests"] - found["failed"]
    return Sample(answered / found["seconds"], found["p50"], found["p99"], found["failed"])


def medians(samples: Iterable[Sample]) -> Sample:
    """Return the median of each figure, and the sum of the failures."""
    each = list(samples)
    rate, p50, p99 = (statistics.median(getattr(one, name) for one in each) for name in ("rate", "p50", "p99"))
    return Sample(rate, p50, p99, sum(one.failed for one in each))


def _script() -> Path:
    return Path(__file__).with_name("load.lua")
