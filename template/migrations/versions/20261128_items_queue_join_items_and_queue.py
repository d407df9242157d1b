"""Join items and queue, so that there is one newest revision.

Revision ID: items_queue
Revises: items_tasks, queue
Create Date: 2026-11-28 18:00:00
"""

from collections.abc import Sequence

revision: str = "items_queue"
down_revision: str | Sequence[str] | None = ("items_tasks", "queue")
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Change nothing."""
