"""In a rendered service, a wrong import fails the tests and is named, and test files can have the same name."""

from pathlib import Path

import pytest

from tests.combinations import Combination
from tests.environments import Environment

pytestmark = pytest.mark.combinations(
    [Combination((("database", "none"), ("scheduler", "none"), ("store", "none"), ("example", False)))]
)

RULE = "kit/tests/test_imports.py"
ALLOWED = """import kit.errors
from kit import health
from kit.errors import NotFoundException
"""
REFUSED = {
    "import kit": "kit",
    "import kit.http_client.client": "kit.http_client.client",
    "from kit import log_files": "kit.log_files",
    "from kit.discovery import modules": "kit.discovery.modules",
    "from kit.errors import CODES": "kit.errors.CODES",
    "from kit.http_client.client import HttpClient": "kit.http_client.client.HttpClient",
}
ROUTES = """def test_{name}() -> None:
    assert __name__.endswith("{name}.test_routes")
"""


def test_an_import_of_what_the_kit_does_not_export_fails_the_tests_and_is_named(
    workspace: Path, environment: Environment
) -> None:
    module = workspace / "app/api/orders.py"
    module.write_text(ALLOWED, "utf-8")
    tests = environment.run("-m", "pytest", RULE, cwd=workspace)
    assert tests.returncode == 0, tests.stdout

    module.write_text(ALLOWED + "\n".join(REFUSED), "utf-8")
    tests = environment.run("-m", "pytest", cwd=workspace)
    assert tests.returncode == 1, tests.stdout
    named = ", ".join(f"app/api/orders.py: {name}" for name in REFUSED.values())
    assert f"lists instead of {named}\n" in tests.stdout, tests.stdout


def test_a_kit_that_imports_the_application_fails_its_tests(workspace: Path, environment: Environment) -> None:
    with (workspace / "kit/pages_of_orders.py").open("w", encoding="utf-8") as module:
        module.write("from app import settings\n")
    tests = environment.run("-m", "pytest", RULE, cwd=workspace)
    assert tests.returncode == 1, tests.stdout
    assert "pages_of_orders.py" in tests.stdout


def test_tests_of_two_resources_may_have_the_same_file_name(workspace: Path, environment: Environment) -> None:
    for name in ("books", "orders"):
        path = workspace / f"tests/api/v1/{name}/test_routes.py"
        path.parent.mkdir(parents=True)
        path.write_text(ROUTES.format(name=name), "utf-8")
    # As `uv run pytest` starts it: without the folder of the service on the path.
    tests = environment.run("-P", str(environment.bin / "pytest"), "tests/api", cwd=workspace)
    assert tests.returncode == 0, tests.stdout
    assert "2 passed" in tests.stdout
