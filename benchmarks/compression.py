"""What compressing a list of 100 items costs and saves: `uv run python -m benchmarks.compression`."""

import argparse
import statistics

from benchmarks import report, rounds
from benchmarks.services import subjects
from tests.combinations import Answer

ANSWERS: dict[str, Answer] = {"database": "none", "example": False}
HEAD = ("response", "bytes", "requests in a second of the processor", "compression off ÷ it")
NOTE = """# Compression

{machine}

`uv run python -m benchmarks.compression --requests {requests} --rounds {rounds}`: a list of 100 items with ids and
times, as the example has them, from the whole service without a server and a network around it. The contenders take
turns; ratios compare the time of the processor in the same round: least / median / most. The machine was busy with
other work.

{table}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=500, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    with subjects(ANSWERS) as [service]:
        found = service.run("compression", str(asked.requests), str(asked.rounds))
        versions = service.versions("fastapi", "starlette", "backports-zstd")
    rates, sizes = found["rates"], found["sizes"]
    first = next(iter(rates.values()))
    body = [
        [name, report.number(sizes[name]), report.number(statistics.median(each)), rounds.ratios(first, each)]
        for name, each in rates.items()
    ]
    text = NOTE.format(machine=report.machine(versions), **vars(asked), table=report.table(HEAD, body))
    report.write("compression", text)


if __name__ == "__main__":
    main()
