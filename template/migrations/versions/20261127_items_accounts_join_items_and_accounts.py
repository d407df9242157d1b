"""Join items and accounts, so that there is one newest revision.

Revision ID: items_accounts
Revises: items_api_keys, accounts
Create Date: 2026-11-27 12:00:00
"""

from collections.abc import Sequence

revision: str = "items_accounts"
down_revision: str | Sequence[str] | None = ("items_api_keys", "accounts")
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Change nothing."""
