"""Ends a process that has stopped, even if threads keep it alive."""

import logging
import os
import threading

import structlog
from structlog.typing import FilteringBoundLogger

SPARE_SECONDS = 1
MARGIN = 5  # seconds that a stop may take beyond the limits of its parts, as on a busy machine

log: FilteringBoundLogger = structlog.get_logger(__name__)


def end_within(seconds: float) -> None:
    """End this process after some seconds at most: Python waits for threads without a limit, and nobody can stop them.

    Call this when all features have stopped.
    """
    timer = threading.Timer(seconds, _end)
    timer.daemon = True
    timer.start()


def _end() -> None:
    log.warning("the process ends although threads or tasks still run")
    logging.shutdown()
    os._exit(0)
