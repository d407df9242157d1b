"""The cores of the machine: services run on the first, and databases and load on the others."""

import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager

ALL = sorted(os.sched_getaffinity(0))
SERVICE, OTHERS = ALL[:1], ALL[1:] or ALL


@contextmanager
def only(cores: Iterable[int]) -> Generator[None]:
    """Run the programs that are started in this context on these cores; Linux only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
