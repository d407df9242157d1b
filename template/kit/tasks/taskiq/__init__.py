"""Tasks on the queue of the jobs: one scheduler brings them from the database into it, and workers run them."""

from kit.tasks.taskiq.engines import engine_of

__all__ = ["engine_of"]
