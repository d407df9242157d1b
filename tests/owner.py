"""An owner of a service, who changes it as owners do."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.changes import Change
from tests.combinations import Answer, Answers
from tests.environments import clean_environ
from tests.places import FILES, PLACES, insert

ORDERS = "app/api/v2/orders"
ADDED = {
    f"{ORDERS}/routes.py": """from typing import Annotated

import humanize
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from app.api.v2.orders.settings import OrderSettings
from kit.settings import get_settings

router = APIRouter()


class Order(BaseModel):
    amount: Annotated[int, Field(gt=0)]


@router.post("")
async def order(order: Order, request: Request) -> str:
    limit = get_settings(request.app, OrderSettings).limit
    return f"{humanize.intcomma(order.amount)} of {limit}"
""",
    f"{ORDERS}/settings.py": '''"""`ORDERS_…`: what may be ordered."""

from pydantic_settings import SettingsConfigDict

from kit.settings import BaseSettings


class OrderSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="ORDERS_")

    limit: int = 10
''',
    "tests/api/v2/test_orders.py": """import pytest
from httpx2 import AsyncClient

pytestmark = pytest.mark.anyio


async def test_an_order_says_how_much(client: AsyncClient) -> None:
    assert (await client.post("/api/v2/orders", json={"amount": 1000})).json() == "1,000 of 10"
""",
}
WITH_SQL = {
    f"{ORDERS}/model.py": """from sqlalchemy.orm import Mapped, mapped_column

from kit.sql import Base


class Order(Base):
    __tablename__ = "orders"

    amount: Mapped[int] = mapped_column(index=True)
""",
    "migrations/versions/20270101_0002_create_orders.py": '''"""Create orders, and drop the example.

Revision ID: 0002
Revises: 0001
Create Date: 2027-01-01 12:00:00
"""

import sqlalchemy as sa
from alembic import op

from kit.sql import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_orders_amount"), "orders", ["amount"])
    op.drop_table("items")


def downgrade() -> None:
    op.create_table(
        "items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sku", name=op.f("uq_items_sku")),
    )
    op.drop_table("orders")
''',
}
WITH_MONGO = {
    f"{ORDERS}/document.py": """from typing import ClassVar

from kit.mongo import Document


class Order(Document):
    collection: ClassVar = "orders"

    amount: int
""",
}
WITH_JOBS = {
    "app/jobs/close_orders.py": '''from fastapi import FastAPI

from kit.scheduler import job


@job(cron="0 3 * * *")
async def close_orders(app: FastAPI) -> None:
    """Close the orders of the day."""
''',
}
WITH_AUTH = {
    f"{ORDERS}/__init__.py": """from fastapi import Depends

from kit.auth import authenticated

ROUTER_OPTIONS = {"dependencies": [Depends(authenticated)]}
""",
}
# `tests/contract` is only in services of version 0.1.0.
DELETED = (
    "app/api/v1",
    "app/jobs/heartbeat.py",
    "app/jobs/put_in_stock.py",
    "app/jobs/restock.py",
    "tests/api/v1",
    "tests/contract",
    "tests/jobs",
)
SECTION = "\n## Who to ask\n\nThe orders team, in its channel.\n"


NEWEST = {"oidc": "items_api_keys", "accounts": "items_accounts"}


def after_newest(files: dict[str, str], auth: Answer) -> dict[str, str]:
    """Return the files with a revision that follows the newest one of a service with this answer."""
    return {name: text.replace("0001", NEWEST.get(str(auth), "0001")) for name, text in files.items()}


class Owner:
    """The changes of an owner, and a check that a service still has them."""

    def __init__(self, answers: Answers, workspace: Path) -> None:
        self.workspace = workspace
        has_items = answers["example"]
        self.added = ADDED | FILES
        if answers["database"] in ("sqlite", "postgres", "mysql") and has_items:
            self.added |= after_newest(WITH_SQL, answers.get("auth", "none"))
        if answers["database"] == "mongodb":
            self.added |= WITH_MONGO
        if answers["scheduler"] != "none":
            self.added |= WITH_JOBS
        if answers.get("auth", "none") != "none":
            self.added |= WITH_AUTH
        self.deleted = [name for name in DELETED if (workspace / name).exists()]

    def work(self) -> None:
        """Add routes, a model with its migration, a job, a dependency, settings and texts; delete the example."""
        for name, text in self.added.items():
            path = self.workspace / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        for name in self.deleted:
            path = self.workspace / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for name, start, text in PLACES:
            insert(self.workspace / name, start, text)
        with (self.workspace / "README.md").open("a", encoding="utf-8") as readme:
            readme.write(SECTION)
        self._add_dependencies()

    def answers(self, change: Change) -> Answers:
        """Return the answers to change to, without the example if an answer would bring a part of it back."""
        has_a_part = {"auth", "database", "temp_files"} & {name for name, _, _ in change.switches}
        return change.after.answers | ({"example": False} if has_a_part else {})

    def losses(self) -> Iterator[str]:
        """Yield what is no longer as the owner left it."""
        for name, text in self.added.items():
            path = self.workspace / name
            if not path.exists() or path.read_text("utf-8") != text:
                yield name
        kept = [(name, text) for name, _, text in PLACES]
        kept += [("pyproject.toml", '"humanize>=4"'), ("pyproject.toml", '"time-machine>=2"'), ("README.md", SECTION)]
        for name, line in kept:
            if line not in (self.workspace / name).read_text("utf-8"):
                yield f"{line!r} in {name}"
        yield from (f"{name}, which is back" for name in self.deleted if (self.workspace / name).exists())

    def _add_dependencies(self) -> None:
        for arguments in (["humanize>=4"], ["--dev", "time-machine>=2"]):
            command = ["uv", "add", "--frozen", "--quiet", *arguments]
            subprocess.run(command, cwd=self.workspace, env=clean_environ(), check=True)
