"""Join accounts and tasks, so that there is one newest revision.

Revision ID: accounts_tasks
Revises: accounts, api_keys_tasks
Create Date: 2026-11-28 12:00:00
"""

from collections.abc import Sequence

revision: str = "accounts_tasks"
down_revision: str | Sequence[str] | None = ("accounts", "api_keys_tasks")
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Change nothing."""
