"""Which tests share a worker of pytest-xdist."""

import re

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

COMBINATION = re.compile(r"\[(\w+:\w+(?:/\w+:\w+)*)")
WAITING = "waiting"
WAIT = ("/test_jobs.py", "/test_store.py", "/test_temp_files.py", "[docs/outgrow.md]")  # for the clock, and for deaths


class ByCombination(LoadScopeScheduling):
    """Keeps the tests of a combination on one worker, which then has its environment and its server.

    `--dist loadgroup` would do the same, but does nothing with pytest 9.2 (pytest-xdist issue 1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        """Begin with those that wait, so that the others have work for as long as that takes."""
        if WAITING in self.workqueue:
            self.workqueue.move_to_end(WAITING, last=False)
        super()._assign_work_unit(node)


def scope_of(nodeid: str) -> str:
    """Return what the tests have in common that run on the same worker."""
    if any(part in nodeid for part in WAIT):
        return WAITING
    if "/test_site.py" in nodeid:  # they share a browser
        return "site"
    combination = COMBINATION.search(nodeid)
    return combination[1] if combination else nodeid
