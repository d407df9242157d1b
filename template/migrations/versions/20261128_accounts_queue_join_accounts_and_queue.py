"""Join accounts and queue, so that there is one newest revision.

Revision ID: accounts_queue
Revises: accounts_tasks, api_keys_queue
Create Date: 2026-11-28 18:00:00
"""

from collections.abc import Sequence

revision: str = "accounts_queue"
down_revision: str | Sequence[str] | None = ("accounts_tasks", "api_keys_queue")
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Change nothing."""
