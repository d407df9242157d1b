"""Bulk upserts against the best that each driver can do: `uv run python -m benchmarks.bulk_upsert`."""

import argparse

from benchmarks import report, rounds
from benchmarks.services import subjects

DATABASES = ("sqlite", "postgres", "mysql", "mongodb")
WORKLOADS = {"mongodb": "upsert_mongo"}
MEMORY = ("database", "rows", "MiB")
HEAD = ("database", "rows are", "by", "rows a second", "bulk_upsert ÷ it")
NOTE = """# Bulk upserts

{machine}

`uv run python -m benchmarks.bulk_upsert --rows {rows} --rounds {rounds}`: rows of five fields, by a unique key of one,
with `created_at` and `updated_at`; ratios compare the same round: least / median / most. *driver* is the fastest way
in which the driver can write the same: `COPY` into a temporary table and a merge (PostgreSQL), multi-row statements
(MySQL), `executemany` (SQLite), `bulk_write` (MongoDB). With MySQL's and MongoDB's, `updated_at` changes even if the
row does not; *pipeline* is MongoDB's way to avoid that. Only `bulk_upsert` checks the rows, and counts them exactly.

{table}

Rows from an iterator, and the most memory that the process has used until then:

{memory}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", type=int, default=1_000_000, help="how many rows come from an iterator")
    parser.add_argument("--databases", nargs="+", default=DATABASES, choices=DATABASES)
    asked = parser.parse_args()
    body: list[list[str]] = []
    peaks: list[list[str]] = []
    versions: list[str] = []
    with subjects(*({"database": database} for database in asked.databases)) as services:
        for database, service in zip(asked.databases, services, strict=True):
            workload = WORKLOADS.get(database, "upsert_sql")
            measured = service.run(workload, database, str(asked.rows), str(asked.rounds))
            versions += measured["versions"]
            loads: dict[str, rounds.Rates] = measured["loads"]
            body += [[database, *row] for load, rates in loads.items() for row in rounds.rows(load, rates)]
            for rows, peak in service.run("memory", workload, str(asked.memory)).items():
                peaks.append([database, f"{int(rows):,}", f"{peak:.0f}"])
    tables = {"table": report.table(HEAD, body), "memory": report.table(MEMORY, peaks)}
    text = NOTE.format(machine=report.machine(versions), rows=asked.rows, rounds=asked.rounds, **tables)
    report.write("bulk_upsert", text)


if __name__ == "__main__":
    main()
