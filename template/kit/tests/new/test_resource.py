"""`python -m kit new resource`."""

from pathlib import Path

import pytest

from kit.tests.new.conftest import Make, written

FIELDS = ("number:str:unique", "total:decimal", "due:date?", "note:text=")


@pytest.fixture(autouse=True)
def empty(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit.new.resource.command.PROJECT_FOLDER", project)
    monkeypatch.setattr("kit.new.resource.command.ROOTS", (project / "app",))


def test_a_resource_has_its_routes_and_its_tests(project: Path, make: Make) -> None:
    result = make("resource", "orders", *FIELDS)
    assert result.exit_code == 0, result.output
    files = written(project)
    assert {"app/api/v1/orders/routes.py", "tests/api/v1/orders/test_one_order.py"} <= set(files)
    assert {f"  {name}" for name in files if (project / name).is_file()} <= set(result.stdout.splitlines())
    for path in project.rglob("*.py"):
        compile(path.read_text("utf-8"), path, "exec")
    schemas = (project / "app/api/v1/orders/schemas.py").read_text("utf-8")
    assert 'due: Day | None = None\n    note: LongTextOrEmpty = ""\n' in schemas
    assert "uv run pytest tests/api/v1/orders" in result.stdout


def test_a_dry_run_writes_nothing(project: Path, make: Make) -> None:
    result = make("resource", "orders", *FIELDS, "--dry-run")
    assert (result.exit_code, written(project)) == (0, [])
    assert "  app/api/v1/orders/routes.py" in result.stdout.splitlines()


def test_a_field_can_have_the_name_of_a_built_in_function(make: Make) -> None:
    assert make("resource", "orders", "type:str:unique", "format:int", "match:bool").exit_code == 0


def test_there_are_no_upserts_without_a_unique_field(project: Path, make: Make) -> None:
    assert make("resource", "orders", "total:decimal").exit_code == 0
    assert not (project / "tests/api/v1/orders/test_upsert.py").exists()
    assert "upsert" not in (project / "app/api/v1/orders/routes.py").read_text("utf-8")


def test_long_names_do_not_make_a_line_too_long(project: Path, make: Make) -> None:
    fields = (f"{'k' * 40}:int:unique", *(f"{letter * 40}:str?" for letter in "abc"))
    assert make("resource", f"{'p' * 39}s", *fields).exit_code == 0
    lines = [line for path in project.rglob("*.py") for line in path.read_text("utf-8").splitlines()]
    assert max(map(len, lines)) <= 120


def test_a_quote_in_a_default_stays_in_its_string(project: Path, make: Make) -> None:
    assert make("resource", "orders", 'note:str="); x = ("').exit_code == 0
    assert """note: Text = '"); x = ("'\n""" in (project / "app/api/v1/orders/schemas.py").read_text("utf-8")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ((), "at least one field"),
        (("total",), "Write a field like"),
        ((":str",), "Write a field like"),
        (("total:",), "one of the types"),
        (("total:money",), "one of the types"),
        (("Total:int",), "such as total"),
        (("a:int", "a:str"), "each field once"),
        (("id:uuid",), "its_id"),
        (("created_at:datetime",), "its_created_at"),
        (("date:date",), "its_date"),
        (("str:str",), "its_str"),
        (("json:str",), "its_json"),
        (("self:str",), "its_self"),
        (("l:int",), "a longer name"),
        (("model_name:str",), "its_model_name"),
        (("class:str",), "my_class"),
        (("a:str:unique", "b:str:unique"), "Make one field unique"),
        (("a:text:unique",), "cannot be unique"),
        (("a:str?:unique",), "Leave out"),
        (("a:str:unique=b",), "Leave out"),
        (("a:int?=1",), "either ? or a default"),
        (("a:int=many",), "32 bits"),
        (("a:int=2147483648",), "32 bits"),
        (("a:float=nan",), "such as 0.5"),
        (("a:decimal=0.00001",), "such as 12.50"),
        (("a:decimal=1e99",), "such as 12.50"),
        (("a:decimal=NaN",), "such as 12.50"),
        (("a:bool=yes",), "true or false"),
        (("a:str=b\nc",), "one line"),
        (("a:date=2026-01-01",), "without defaults"),
    ],
)
def test_a_wrong_field_is_refused_and_nothing_is_written(
    project: Path, make: Make, fields: tuple[str, ...], said: str
) -> None:
    result = make("resource", "orders", *fields)
    assert (result.exit_code, written(project)) == (2, [])
    assert said in result.stderr


@pytest.mark.parametrize("plural", ["clients", "pages", "fields", "requests", "answers", "sequences"])
def test_a_name_that_the_new_code_needs_itself_is_refused(project: Path, make: Make, plural: str) -> None:
    result = make("resource", plural, *FIELDS)
    assert (result.exit_code, written(project)) == (1, [])
    assert "Use another name" in result.stderr


@pytest.mark.parametrize(
    "taken", ["app/api/v1/orders/routes.py", "app/api/v1/orders.py", "tests/api/v1/orders/conftest.py"]
)
def test_a_path_that_is_taken_is_refused(project: Path, make: Make, taken: str) -> None:
    (project / taken).parent.mkdir(parents=True)
    (project / taken).touch()
    before = written(project)
    result = make("resource", "orders", *FIELDS)
    assert (result.exit_code, written(project)) == (1, before)
    assert f"{taken} exists already" in result.stderr


def test_a_folder_with_other_files_is_no_obstacle(project: Path, make: Make) -> None:
    (project / "app/api/v1/orders").mkdir(parents=True)
    (project / "app/api/v1/orders/settings.py").touch()
    assert make("resource", "orders", *FIELDS).exit_code == 0


def test_a_name_that_is_stored_elsewhere_is_refused(project: Path, make: Make) -> None:
    assert make("resource", "orders", *FIELDS).exit_code == 0
    (project / "app/api/v1/orders").rename(project / "app/api/v2")
    (project / "tests").rename(project / "old")
    result = make("resource", "orders", *FIELDS)
    assert result.exit_code == 1
    assert "stores 'orders'" in result.stderr


def test_a_plural_and_a_singular_are_both_needed(project: Path, make: Make) -> None:
    assert "Use a plural such as orders" in make("resource", "order", *FIELDS).stderr
    assert written(project) == []
    assert make("resource", "people", "--singular", "person", "name:str").exit_code == 0
    assert "class Person" in (project / "app/api/v1/people/schemas.py").read_text("utf-8")
