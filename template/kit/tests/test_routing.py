"""Finding the routes of the service."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from kit.routing import include_routers
from kit.tests.trial import write_package

ROUTER = """
    from fastapi import APIRouter

    router = APIRouter({arguments})

    @router.get("/{name}")
    async def read() -> None: ...
"""


def routes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]) -> dict[str, list[str]]:
    """Return the paths of the routes in these modules, with the tags of each."""
    write_package(tmp_path, monkeypatch, files)
    app = FastAPI()
    include_routers(app)
    return {path: operations["get"]["tags"] for path, operations in app.openapi()["paths"].items()}


def router(name: str = "all", arguments: str = "") -> str:
    return ROUTER.format(name=name, arguments=arguments)


def test_prefix_and_tag_come_from_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = routes(tmp_path, monkeypatch, {"api/v1/orders/routes.py": router()})
    assert found == {"/api/v1/orders/all": ["orders"]}


def test_every_module_can_have_routes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"api/v2/__init__.py": router(), "api/v2/ping.py": router(), "api/routes.py": router()}
    assert routes(tmp_path, monkeypatch, files) == {
        "/api/all": ["api"],
        "/api/v2/all": ["v2"],
        "/api/v2/ping/all": ["ping"],
    }


def test_a_router_that_another_module_imports_is_included_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again = "from importlib import import_module\n\nrouter = import_module({!r}).router\n"
    name = write_package(tmp_path, monkeypatch, {"api/v1/orders/routes.py": router()})
    (tmp_path / name / "api/v2.py").write_text(again.format(f"{name}.api.v1.orders.routes"), "utf-8")
    app = FastAPI()
    include_routers(app)
    assert list(app.openapi()["paths"]) == ["/api/v1/orders/all"]


def test_a_prefix_of_the_router_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = routes(tmp_path, monkeypatch, {"api/v1/orders/routes.py": router(arguments='prefix="/sales"')})
    assert found == {"/sales/all": ["orders"]}


def test_a_tag_of_the_router_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = routes(tmp_path, monkeypatch, {"api/v1/orders/routes.py": router(arguments='tags=["Sales"]')})
    assert found == {"/api/v1/orders/all": ["Sales"]}


def test_router_options_are_passed_to_include_router(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = '\n    ROUTER_OPTIONS = {"prefix": "/sales", "tags": ["Sales"], "deprecated": True}\n'
    write_package(tmp_path, monkeypatch, {"api/v1/orders/routes.py": router() + options})
    app = FastAPI()
    include_routers(app)
    operation = app.openapi()["paths"]["/sales/all"]["get"]
    assert (operation["tags"], operation["deprecated"]) == (["Sales"], True)


def options(name: str) -> str:
    return f"""
    from fastapi import Depends

    async def {name}() -> None: ...

    ROUTER_OPTIONS = {{"dependencies": [Depends({name})], "tags": ["{name}"], "responses": {{4{len(name)}: {{}}}}}}
    """


def dependencies_of(app: FastAPI) -> dict[str | None, list[str]]:
    found = [(route.path, route.dependant.dependencies) for route in iter_route_contexts(app.routes) if route.endpoint]
    return {path: [each.call.__name__ for each in dependencies] for path, dependencies in found}


def test_options_of_a_folder_are_for_all_routers_in_it_and_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "api/__init__.py": options("outer"),
        "api/v1/orders/__init__.py": router() + options("inner"),
        "api/v1/orders/lines/policy.py": options("policy"),
        "api/v1/orders/routes.py": router("list") + options("own"),
        "api/v1/orders/lines/routes.py": router(),
        "api/v1/ordersets/routes.py": router(),
    }
    write_package(tmp_path, monkeypatch, files)
    app = FastAPI(openapi_url=None)
    include_routers(app)
    assert dependencies_of(app) == {
        "/api/v1/orders/all": ["outer", "inner"],
        "/api/v1/orders/lines/all": ["outer", "inner", "policy"],
        "/api/v1/orders/list": ["outer", "inner", "own"],
        "/api/v1/ordersets/all": ["outer"],
    }
    operations = FastAPI.openapi(app)["paths"]
    assert operations["/api/v1/orders/list"]["get"]["tags"] == ["own"]
    assert operations["/api/v1/ordersets/all"]["get"]["tags"] == ["outer"]
    assert {"45", "43"} <= operations["/api/v1/orders/list"]["get"]["responses"].keys()


def test_routers_are_included_in_the_order_of_their_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["b/routes.py", "a/z/routes.py", "c.py", "a/routes.py"]
    found = routes(tmp_path, monkeypatch, {f"api/{name}": router() for name in names})
    assert list(found) == ["/api/a/all", "/api/a/z/all", "/api/b/all", "/api/c/all"]


@pytest.mark.parametrize("path", ["api/.drafts/routes.py", "orders/routes.py"])
def test_only_visible_modules_below_api_are_included(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert routes(tmp_path, monkeypatch, {path: router()}) == {}


def test_a_router_variable_of_another_type_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert routes(tmp_path, monkeypatch, {"api/v1/network/model.py": 'router = "192.0.2.1"'}) == {}


def test_a_broken_module_raises_its_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        routes(tmp_path, monkeypatch, {"api/v1/orders/routes.py": "import no_such_module"})
