"""The metrics of all workers together."""

import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

PATIENCE = 2.0  # seconds for each worker
PIECE = 65536


class Workers(Collector):
    """Reads the metrics of the workers in a folder, and labels each with the number of its worker."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        merged: dict[tuple[str, str], Metric] = {}
        for path in sorted(self._folder.glob("*.sock")):
            with suppress(OSError):  # it was killed, or does not answer: the others do
                for family in text_string_to_metric_families(_read(path)):
                    found = merged.setdefault((family.name, family.type), _empty(family))
                    found.samples += _labelled(family, path.stem)
        return merged.values()


def _read(path: Path) -> str:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(str(path))
        return b"".join(iter(lambda: connection.recv(PIECE), b"")).decode()


def _empty(family: Metric) -> Metric:
    return Metric(family.name, family.documentation, family.type)


def _labelled(family: Metric, worker: str) -> Iterator[Sample]:
    for sample in family.samples:
        yield sample._replace(labels={**sample.labels, "worker": worker})
