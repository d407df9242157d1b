"""Defer tasks as fast as it goes, or one after the other: `python -m benchmarks.workloads.defer MODULE COUNT AT_ONCE`.

With a pause between two deferrals, the rate says nothing, and the tasks' own notes are the result.
"""

import asyncio
import importlib
import json
import sys
import time
from importlib.metadata import version


async def main(module: str, count: int, at_once: int, pause: float) -> None:
    peer = importlib.import_module(module)
    async with peer.opened() as defer:
        numbers = iter(range(count))

        async def client() -> None:
            for _ in numbers:
                await defer(time.time())
                if pause:
                    await asyncio.sleep(pause)

        started = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(at_once)))
        seconds = time.perf_counter() - started
    versions = [f"{package} {version(package)}" for package in peer.PACKAGES]
    print(json.dumps({"rate": count / seconds, "versions": versions}))  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
