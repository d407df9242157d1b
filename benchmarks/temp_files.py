"""Temporary files against plain ones, and uploads against a bare route: `uv run python -m benchmarks.temp_files`."""

import argparse
import http.client
import statistics
import time
from collections.abc import Iterator

from benchmarks import report, rounds
from benchmarks.services import Subject, subjects
from tests.combinations import Answer
from tests.serving import Serving, serving

ANSWERS: dict[str, Answer] = {"database": "none", "temp_files": True}
MEGABYTE = 2**20
OURS = "/api/v1/examples/files"
BARE = "/api/bare"
# A typical hand-written route: it blocks the event loop, and leaves a partial file when it is killed.
BARE_ROUTE = """

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse

router = APIRouter()

@router.put("/{name}", status_code=201)
async def put(name: str, request: Request) -> None:
    with Path(name).open("wb") as file:
        async for piece in request.stream():
            file.write(piece)

@router.get("/{name}")
async def get(name: str) -> FileResponse:
    return FileResponse(name)

@router.delete("/{name}", status_code=204)
async def delete(name: str) -> None:
    Path(name).unlink()

@router.post("/peak")
async def peak() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
"""
HEAD = ("what", "by", "a second", "temp_files ÷ it")
TRANSFERS = ("what", "by", "MB a second", "temp_files ÷ it")
MEMORY = ("after an upload and a download of", "MiB")
NOTE = """# Temporary files

{machine}

`uv run python -m benchmarks.temp_files --rounds {rounds}`: in a folder, from an iterator of pieces of a megabyte.
*plain* is `open`, `write`, `fsync` and `rename` in the event loop itself. Temporary files are not synced
([why](../decisions/0010-temporary-files.md)), so the table also has *plain* without `fsync`. The contenders take turns;
ratios compare the same round: least / median / most.

{files}

The longest time for which the event loop was blocked while 100 MB were saved, in milliseconds (median): temp_files
{ours}, plain {plain}.

A body of 100 MB through a service with one worker, against a bare route that writes each piece as it arrives and
answers with a `FileResponse`:

{transfers}

The most memory that the worker has used until then:

{memory}

{goals}
"""


class Client:
    """A client that uploads and downloads with little work of its own."""

    def __init__(self, service: Serving) -> None:
        self._service = service

    def transfer(self, path: str, megabytes: int) -> dict[str, float]:
        """Upload a body and download it again; return the megabytes a second of each."""
        started = time.perf_counter()
        self._ask("PUT", path, megabytes)
        uploaded = time.perf_counter()
        self._ask("GET", path)
        rates = {"upload": megabytes / (uploaded - started), "download": megabytes / (time.perf_counter() - uploaded)}
        self._ask("DELETE", path)
        return rates

    def peak(self) -> float:
        """Return the most memory that the worker has used, in MiB."""
        return int(self._ask("POST", f"{BARE}/peak")) / 1024

    def _ask(self, method: str, path: str, megabytes: int = 0) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self._service.port, timeout=300)
        connection.request(method, path, _body(megabytes), {"Content-Length": str(megabytes * MEGABYTE)})
        response = connection.getresponse()
        last = piece = response.read(MEGABYTE)
        while piece:
            last, piece = piece, response.read(MEGABYTE)
        connection.close()
        if response.status >= http.HTTPStatus.BAD_REQUEST:
            raise RuntimeError(last)
        return last


def _body(megabytes: int) -> Iterator[bytes]:
    piece = bytes(MEGABYTE)
    for _ in range(megabytes):
        yield piece


def compare_transfers(service: Subject, count: int) -> tuple[dict[str, rounds.Rates], dict[str, float]]:
    """Measure uploads and downloads, and the memory after a few and after many megabytes."""
    rates: dict[str, rounds.Rates] = {what: {"temp_files": [], "bare": []} for what in ("upload", "download")}
    settings = {"MAX_BODY_SIZE": "2GB", "ENVIRONMENT": "production", "SECRET_KEY": "x" * 32}
    (service.path / "app/api/bare.py").write_text(BARE_ROUTE, "utf-8")
    with serving(service.environment, service.path, settings, workers=1) as running:
        client = Client(running)
        peaks = {"nothing": client.peak()}
        for megabytes in (100, 1024):
            client.transfer(f"{OURS}/large", megabytes)
            peaks[f"{megabytes} MB"] = client.peak()
        for name, path in rounds.turns({"temp_files": OURS, "bare": BARE}, count):
            for what, rate in client.transfer(f"{path}/file", 100).items():
                rates[what][name].append(rate)
    return rates, peaks


def _rows(found: dict[str, rounds.Rates]) -> list[list[str]]:
    return [row for what, rates in found.items() for row in rounds.rows(what, rates)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    with subjects(ANSWERS) as [service]:
        found = service.run("save_and_read", str(asked.rounds))
        transfers, peaks = compare_transfers(service, asked.rounds)
    stall = statistics.median(found["stalls"]["temp_files"])
    goals = [
        report.Goal("upload of 100 MB ÷ the bare route", 0.9, rounds.ratio(*transfers["upload"].values())),
        report.Goal("read 100 MB ÷ plain", 0.8, rounds.ratio(*found["rates"]["read 100 MB"].values())),
        report.Goal("ms of the longest stall", 5, stall, at_most=True),
    ]
    text = NOTE.format(
        machine=report.machine(found["versions"]),
        rounds=asked.rounds,
        files=report.table(HEAD, _rows(found["rates"])),
        ours=report.number(stall),
        plain=report.number(statistics.median(found["stalls"]["plain"])),
        transfers=report.table(TRANSFERS, _rows(transfers)),
        memory=report.table(MEMORY, ([what, f"{peak:.0f}"] for what, peak in peaks.items())),
        goals=report.goals(goals),
    )
    report.write("temp_files", text)


if __name__ == "__main__":
    main()
