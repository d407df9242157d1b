"""What the service says to MySQL 8 and to MariaDB, as text: the tests of a service run on one of them."""

import re
from typing import Any, cast

import pytest
from sqlalchemy import Dialect, Table
from sqlalchemy.dialects.mysql.base import MySQLDialect

from kit.sql.mysql import collation_of
from kit.sql.upsert.batch import Batch
from kit.sql.upsert.mysql import prepare
from kit.testing.scratch_tables import Note


def dialect_of(version: tuple[int, ...], *, is_mariadb: bool) -> Dialect:
    """Return the dialect as it is after connecting to a server of this version."""
    dialect: Any = MySQLDialect(is_mariadb=is_mariadb, paramstyle="format")
    dialect.server_version_info = version
    dialect._requires_alias_for_on_duplicate_key = not is_mariadb and version >= (8, 0, 20)
    return dialect


MYSQL = dialect_of((8, 4, 0), is_mariadb=False)
MARIADB = dialect_of((10, 11, 19), is_mariadb=True)


@pytest.mark.parametrize(
    ("dialect", "alias", "new"),
    [(MYSQL, "AS new ", "new.stars"), (MARIADB, "", "VALUES(stars)")],
    ids=["MySQL", "MariaDB"],
)
def test_an_update_names_the_new_row_in_the_form_of_the_server(dialect: Dialect, alias: str, new: str) -> None:
    columns = {"id": [1, 2], "title": ["a", "b"], "stars": [3, 4]}
    table = cast("Table", Note.__table__)
    upsert, rows = prepare(dialect, Batch(table, ["title"], columns, {}, ["stars"], {"updated_at": None}))
    assert re.fullmatch(r"INSERT INTO scratch_notes \(.*\) VALUES ", upsert.insert)
    assert re.fullmatch(r"\((%s, )+%s\)", upsert.row)
    assert upsert.update.strip().startswith(f"{alias}ON DUPLICATE KEY UPDATE title = CASE WHEN ")
    assert upsert.update.endswith(f"stars = {new}")
    assert len(rows) == 2
    assert {len(row) for row in rows} == {upsert.row.count("%s")}
    assert upsert.update.count("%s") == len(upsert.constants)


def test_strings_compare_by_their_bytes_on_either_server() -> None:
    assert collation_of(MYSQL) == "utf8mb4_0900_bin"
    assert collation_of(MARIADB) == "utf8mb4_nopad_bin"
