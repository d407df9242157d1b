"""Join API keys and queue, so that there is one newest revision.

Revision ID: api_keys_queue
Revises: api_keys_tasks, queue
Create Date: 2026-11-28 18:00:00
"""

from collections.abc import Sequence

revision: str = "api_keys_queue"
down_revision: str | Sequence[str] | None = ("api_keys_tasks", "queue")
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Change nothing."""
