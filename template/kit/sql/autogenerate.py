"""What `alembic revision --autogenerate` compares: the tables of the service, and models that it can express."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from alembic.util import CommandError
from sqlalchemy import CheckConstraint, MetaData

from kit.discovery import PROJECT_FOLDER

CREATED = re.compile(r"create_table\(\s*[\"'](\w+)")
VERSIONS = PROJECT_FOLDER / "migrations/versions"


def include_object(_item: Any, name: str | None, kind: str, reflected: bool, model: Any) -> bool:  # noqa: FBT001 - Alembic's
    """Leave alone tables that the service has not created, such as those of other programs in its database."""
    return kind != "table" or not reflected or model is not None or name in _created(VERSIONS)


COMPARISON: dict[str, Any] = {"include_object": include_object, "compare_server_default": True}


@cache
def _created(versions: Path) -> set[str]:
    """Return the tables that revisions create; a model of one of them may have been deleted since."""
    return {name for path in versions.glob("*.py") for name in CREATED.findall(path.read_text("utf-8"))}


def refuse_unsupported(models: MetaData) -> None:
    """Raise `CommandError` for models of which Alembic would make revisions that are wrong or do not run."""
    for table in models.sorted_tables:
        if table.schema:
            raise CommandError(f"The table '{table.name}' has a schema; remove it, as the URL decides it")
        for check in table.constraints:
            if isinstance(check, CheckConstraint) and not check.name:
                right = f'CheckConstraint("{check.sqltext}", name="…")'
                raise CommandError(f"A check of the table '{table.name}' has no name; write {right}")
