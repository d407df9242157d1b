"""Join API keys and tasks, so that there is one newest revision.

Revision ID: api_keys_tasks
Revises: api_keys, deferred_tasks
Create Date: 2026-11-28 12:00:00
"""

from collections.abc import Sequence

revision: str = "api_keys_tasks"
down_revision: str | Sequence[str] | None = ("api_keys", "deferred_tasks")
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Change nothing."""
