"""How pytest-xdist distributes the tests to its workers."""

import re

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

COMBINATION = re.compile(r"\[(\w+:\w+(?:/\w+:\w+)*)")
WAITING = "waiting"
WAIT = ("/test_jobs.py", "/test_store.py", "/test_temp_files.py")  # these wait for time to pass
TYPES = "types"  # one test that takes minutes: the run would wait for it at the end


class ByCombination(LoadScopeScheduling):
    """A scheduler that keeps the tests of a combination on one worker, with its environment and its servers.

    `--dist loadgroup` should do the same, but does nothing with pytest 9.2 (pytest-xdist issue 1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        """Begin with tests that wait, so that the other workers have work during that time, and with the types."""
        for scope in (TYPES, WAITING):
            if scope in self.workqueue:
                self.workqueue.move_to_end(scope, last=False)
        super()._assign_work_unit(node)


def scope_of(nodeid: str) -> str:
    """Return a name that is the same for all tests that must run on one worker."""
    if any(part in nodeid for part in WAIT):
        return WAITING
    if "_in_any_combination" in nodeid:
        return TYPES
    if "/test_site.py" in nodeid:  # they share a browser
        return "site"
    combination = COMBINATION.search(nodeid)
    return combination[1] if combination else nodeid
