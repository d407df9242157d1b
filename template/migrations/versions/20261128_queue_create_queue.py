"""Create the queue of jobs and tasks, with the statements of PgQueuer, and the table of jobs.

Revision ID: queue
Revises: deferred_tasks
Create Date: 2026-11-28 17:00:00
"""

import re
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment

from kit.sql import UtcDateTime

revision: str = "queue"
down_revision: str | Sequence[str] | None = "deferred_tasks"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # One statement each: the driver takes no more at once.
    for statement in re.split(r";\s+(?=CREATE )", QueryBuilderEnvironment().build_install_query()):
        op.execute(statement)
    op.create_table(
        "scheduled_jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("slot", UtcDateTime(), nullable=True),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", name=op.f("uq_scheduled_jobs_name")),
    )


def downgrade() -> None:
    op.drop_table("scheduled_jobs")
    for statement in QueryBuilderEnvironment().build_uninstall_query().split(";"):
        if statement.strip():
            op.execute(statement)
    # Nothing brings those into a queue again that were in this one.
    op.execute("UPDATE deferred_tasks SET state = 'waiting' WHERE state = 'queued'")
