"""Tasks on the queue of the jobs: one worker at a time brings them into it, and all of them run them."""

from kit.tasks.pgqueuer.engines import engine_of

__all__ = ["engine_of"]
