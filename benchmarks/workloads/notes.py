"""What a task of a benchmark leaves: a line with the seconds from its deferral to its start."""

import os
import time
from pathlib import Path

VARIABLE = "BENCHMARK_NOTES"


def note(sent: float) -> None:
    late = time.time() - sent
    with Path(os.environ[VARIABLE]).open("a", encoding="utf-8") as file:
        file.write(f"{late:.6f}\n")
