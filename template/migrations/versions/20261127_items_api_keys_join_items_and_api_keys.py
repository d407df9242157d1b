"""Join items and API keys, so that there is one newest revision.

Revision ID: items_api_keys
Revises: 0001, api_keys
Create Date: 2026-11-27 11:00:00
"""

from collections.abc import Sequence

revision: str = "items_api_keys"
down_revision: str | Sequence[str] | None = ("0001", "api_keys")
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Change nothing."""
