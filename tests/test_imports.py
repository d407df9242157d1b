"""What a file imports decides whether it has the same types in another service."""

import pytest

from tests.imports import closures

pytestmark = [pytest.mark.render, pytest.mark.quick]

FILES = {
    "app/__init__.py": "",
    "app/main.py": "from app import sql\nfrom app.log import Log",
    "app/log.py": "class Log: ...",
    "app/sql/__init__.py": "from app.sql.lifespan import router",
    "app/sql/lifespan.py": "from . import pool\nimport redis\nrouter = pool",
    "app/sql/pool.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..main import create_app",
    "app/leader.py": "import app.jobs.restock",
    "app/jobs/__init__.py": "",
    "app/jobs/restock.py": "def restock(): from app.log import Log",
    "tests/test_log.py": "import app.log as module",
}
LOOP = {"app/main.py", "app/sql/__init__.py", "app/sql/lifespan.py", "app/sql/pool.py"}
JOBS = {"app/leader.py", "app/jobs/restock.py"}
ALL = set(FILES)


@pytest.mark.parametrize(
    ("name", "text", "concerned"),
    [
        ("tests/test_log.py", "", {"tests/test_log.py"}),
        ("app/log.py", "Log = int", {*LOOP, *JOBS, "app/log.py", "tests/test_log.py"}),
        ("app/sql/pool.py", "size = 1", LOOP),
        ("app/main.py", "", LOOP),
        ("app/sql/__init__.py", "router = 1", LOOP),
        ("app/jobs/__init__.py", "restock = 1", {"app/leader.py", "app/jobs/__init__.py"}),
        ("app/jobs/restock.py", "", JOBS),
        ("app/__init__.py", "log = 1", ALL - {"app/log.py", "app/jobs/__init__.py"}),
    ],
)
def test_a_change_concerns_all_direct_and_indirect_importers(name: str, text: str, concerned: set[str]) -> None:
    assert changed(name, text) == concerned


@pytest.mark.parametrize(
    ("name", "concerned"),
    [
        ("app/sql.py", LOOP),  # beside the package
        ("app/log.pyi", {*LOOP, *JOBS, "tests/test_log.py"}),  # before the module
        ("redis.py", LOOP),  # before the library
        ("app/sql/redis.py", LOOP),  # pyright's last resort
        ("app/jobs/log.py", set[str]()),
        ("tests/app/log.py", {"tests/test_log.py"}),
    ],
)
def test_a_new_file_concerns_what_may_import_it_now(name: str, concerned: set[str]) -> None:
    assert changed(name, "") == {name, *concerned}


def test_the_same_text_elsewhere_is_another_file() -> None:
    assert len(set(closures({"app/jobs/__init__.py": "", "app/sql/__init__.py": ""}).values())) == 2


def changed(name: str, text: str) -> set[str]:
    """Return the files whose closures change when the text of one file changes."""
    before, after = closures(FILES), closures({**FILES, name: text})
    return {each for each in after if before.get(each) != after[each]}
