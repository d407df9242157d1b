"""`python -m kit new` writes code that looks as the example does, and works on every database at once."""

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.checking import pyright, ruff
from tests.combinations import Combination, all_combinations
from tests.environments import Environment, environment_of
from tests.servers import Servers
from tests.template import Service

Rendered = Callable[[Combination], Service]
Make = Callable[[Combination], tuple[Path, Environment]]

RESOURCES = (
    "orders number:str:unique customer:str total:decimal due:date? note:text= paid:bool=true lines:int=0",
    "shipments code:uuid:unique weight:float sent:datetime? cost:decimal=1.5 day:date carrier:str=Post insured:bool?",
    "notes body:text type:str",
    f"{'line_' * 7}lines position:int:unique " + " ".join(f"{each * 40}:str?" for each in "abc"),
)
JOBS = ("close_orders --every 15m", "count_orders")
TASKS = (
    "send_invoice order_id:uuid paid:bool=true total:decimal=1.5 due:date?",
    "send_parcel carrier:str sent:datetime weight:float lines:int=2",
    "clean_up",
)
SETTINGS = "shipping free_from:int=50 carrier:str carrier_key:secret? ratio:float=0.5 fast:bool=false"
ITEMS = ("sku:str:unique", "name:str", "quantity:int=0")
BASE = all_combinations()[0]
SERVICES = [
    BASE.but(scheduler="apscheduler"),
    BASE.but(database="postgres", auth="accounts"),
    BASE.but(database="mysql", example=False),
    BASE.but(database="mongodb", auth="oidc"),
]
FURTHER = [
    BASE.but(auth="oidc", example=False),
    BASE.but(database="postgres", scheduler="taskiq"),
    BASE.but(database="mysql", auth="accounts", example=False),
    BASE.but(database="mongodb", mongodb_driver="motor", auth="accounts", example=False, scheduler="taskiq"),
]
TYPED = [SERVICES[0], SERVICES[3]]
# What the example has besides: a filter, a narrower number, and words about itself. Its text, and that of the pattern.
OF_THE_EXAMPLE = {
    "__init__.py": [("Items: an example resource, to read, copy and delete.", "The resource of items.")],
    "model.py": [("An article in stock, identified by its `sku`.", "An item.")],
    "document.py": [("An article in stock, identified by its `sku`.", "An item.")],
    "repository.py": [
        ("from typing import Any\n", ""),
        ("import BaseRepository, Page\n", "import BaseRepository\n"),
        (
            '''
    async def get_page_of(self, name: str | None, after: UUID | None, limit: int) -> Page[Any, UUID]:
        """Return a page of all items, or of the items with this name."""
        return await self.read_page(after, limit, **({"name": name} if name else {}))
''',
            "",
        ),
    ],
    "routes.py": [
        ("    name: Text | None = None,\n", ""),
        ("ItemPatch, Text, Upsert", "ItemPatch, Upsert"),
        ("oldest first; `name` selects the items with this name.", "oldest first."),
        ("get_page(name, after", "get_page(after"),
    ],
    "schemas.py": [
        (
            "Quantity = Annotated[int, Field(ge=0, le=2**31 - 1)]",
            "Integer = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]",
        ),
        ("quantity: Quantity = 0", "quantity: Integer = 0"),
        ("quantity: Quantity | None", "quantity: Integer | None"),
    ],
    "service.py": [
        ("get_page(self, name: str | None, after", "get_page(self, after"),
        ("get_page_of(name, after", "read_page(after"),
    ],
}


@pytest.fixture
def make(run_folder: Path, rendered: Rendered, tmp_path: Path) -> Make:
    """Return a function that copies the service of a combination."""

    def of(combination: Combination) -> tuple[Path, Environment]:
        folder = shutil.copytree(rendered(combination).path, tmp_path / "service")
        return folder, environment_of(folder, run_folder / "environments", pyright=combination in TYPED)

    return of


@pytest.mark.axis("combination", default=SERVICES[:1], thorough=SERVICES, every=[*SERVICES, *FURTHER])
def test_new_parts_pass_all_checks_and_their_own_tests_at_once(
    combination: Combination, make: Make, servers: Servers
) -> None:
    folder, environment = make(combination)
    parts = [f"resource {each}" for each in RESOURCES] + [f"setting {SETTINGS}"]
    if combination.answers["scheduler"] != "none":
        parts += [f"job {each}" for each in JOBS] + [f"task {each}" for each in TASKS]
    with ExitStack() as stack:
        settings = {
            name: stack.enter_context(each.database()) for name, each in servers.behind(combination.answers).items()
        }
        for part in parts:
            succeed(environment, folder, "-m", "kit", "new", *part.split(), **settings)
        settings["SHIPPING_CARRIER"] = "Post"
        if (folder / "migrations").exists():
            named = ("-m", "alembic", "revision", "--autogenerate", "-m", "create resources")
            succeed(environment, folder, *named, **settings)
            succeed(environment, folder, "-m", "app", "migrate", **settings)
            succeed(environment, folder, "-m", "alembic", "check", **settings)
        assert ruff(folder) == ""
        new = [each for root in ("app", "tests") for each in (folder / root).rglob("*.py")]
        assert combination not in TYPED or pyright(folder, environment, *new) == ""
        tests = succeed(environment, folder, "-m", "pytest", "--no-header", **settings)
    assert "test_one_shipment.py" in tests
    assert "test_upsert.py" in tests


@pytest.mark.quick
@pytest.mark.parametrize("database", ["sqlite", "mongodb"])
@pytest.mark.parametrize("auth", ["none", "oidc"])
def test_a_new_resource_looks_as_the_example_does(database: str, auth: str, make: Make) -> None:
    folder, environment = make(BASE.but(database=database, auth=auth))
    items = folder / "app/api/v1/items"
    example = {path.name: path.read_text("utf-8") for path in items.glob("*.py") if path.name != "commands.py"}
    shutil.rmtree(items)
    shutil.rmtree(folder / "tests/api/v1/items")
    succeed(environment, folder, "-m", "kit", "new", "resource", "items", *ITEMS)
    for name, text in example.items():
        assert (items / name).read_text("utf-8") == changed(text, OF_THE_EXAMPLE.get(name, [])), name
    assert example.keys() == {path.name for path in items.glob("*.py")}


def test_a_service_without_a_database_says_what_it_can_make(make: Make) -> None:
    folder, environment = make(BASE.but(database="none"))
    run = environment.run("-m", "kit", "new", "resource", "orders", "total:decimal", cwd=folder)
    assert run.returncode == 2
    assert "Name one of setting, not 'resource'" in " ".join(run.stdout.split())
    succeed(environment, folder, *f"-m kit new setting {SETTINGS}".split())
    assert ruff(folder) == ""
    assert "passed" in succeed(environment, folder, "-m", "pytest", "tests/api/v1/shipping")


def succeed(environment: Environment, folder: Path, *arguments: str, **settings: str) -> str:
    run = environment.run(*arguments, cwd=folder, **settings)
    assert run.returncode == 0, f"{arguments}\n{run.stdout}"
    return run.stdout


def changed(text: str, replacements: list[tuple[str, str]]) -> str:
    for old, new in replacements:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text
