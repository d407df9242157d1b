"""A record of the tests that services have passed on this machine, so that a run does not repeat them.

An entry is for a test, the files of the rendered service, its locked dependencies, the servers' versions, the
interpreter and the suite's own code. Entries are in pytest's cache folder.
"""

import functools
import hashlib
import os
from pathlib import Path

import pytest

from tests.combinations import ROOT
from tests.environments import Environment
from tests.rendering import RECORD
from tests.servers import needs
from tests.template import Service
from tests.tiers import is_thorough

ENTRY = pytest.StashKey[Path]()
PROVED = "this machine has proved the same service before"


def skip_if_entered(request: pytest.FixtureRequest, service: Service, environment: Environment) -> None:
    """Skip the test if it has an entry; otherwise remember the entry to write if it passes."""
    config: pytest.Config = request.config
    versions = {kind: kind.version() for kind in needs(service.answers).values()}
    if "CI" in os.environ or not (cache := getattr(config, "cache", None)) or None in versions.values():
        return
    facts = (
        request.node.nodeid,
        is_thorough(config),
        *map(_digest, (service.path, ROOT / "tests")),
        _lock(environment),
        *versions.values(),
    )
    name = hashlib.sha256("\0".join(map(str, facts)).encode()).hexdigest()
    entry = cache.mkdir("proved") / name
    if entry.exists() and not config.getoption("again"):
        pytest.skip(PROVED)
    request.node.stash[ENTRY] = entry


def enter(item: pytest.Item) -> None:
    """Write the entry of a test that has passed."""
    if entry := item.stash.get(ENTRY, None):
        entry.touch()


@functools.cache
def _digest(folder: Path) -> str:
    """Return a hash of all files but the record of the answers, which has the path of this run's template."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not {*path.parts} & {"__pycache__", RECORD})
    contents = (f"{path.relative_to(folder)}\0".encode() + path.read_bytes() for path in files)
    return hashlib.sha256(b"\0".join(contents)).hexdigest()


def _lock(environment: Environment) -> str:
    lock = (environment.folder.parent / "uv.lock").read_text("utf-8")
    return lock + (environment.folder / "pyvenv.cfg").read_text("utf-8")
