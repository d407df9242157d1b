"""Validation errors have the first faults and their number, and a size that the faults do not determine."""

import json
from collections.abc import AsyncGenerator
from typing import Annotated

import pytest
from fastapi import APIRouter, Header, Query
from httpx2 import AsyncClient
from pydantic import BaseModel, ConfigDict

from kit.errors.validation import MAX_FAULTS, MAX_VALUES
from kit.testing.service import given
from kit.tests.trial import serving

pytestmark = pytest.mark.anyio
router = APIRouter()
MANY = 5_000
MORE = MAX_VALUES + 1
FEW = 20
MAX_ANSWER_SIZE = 100_000
LONG = "x" * 100_000


class Tree(BaseModel):
    model_config = ConfigDict(extra="forbid")

    child: "Tree | None" = None
    sizes: list[int] = []


@router.post("/trees")
async def grow(tree: Tree) -> Tree:
    return tree


@router.post("/two")
async def grow_two(first: Tree, second: Tree) -> list[Tree]:
    return [first, second]


@router.post("/forests")
async def plant(trees: list[Tree], names: dict[str, int]) -> int:
    return len(trees) + len(names)


@router.get("/numbers")
async def add(number: Annotated[list[int], Query()], x_number: Annotated[list[int], Header()] = []) -> int:  # noqa: B006
    return sum(number) + sum(x_number)


@pytest.fixture(scope="module", params=[False, True], ids=["", "debug"])
async def client(request: pytest.FixtureRequest) -> AsyncGenerator[AsyncClient]:
    async with serving(router, given(debug=request.param)) as client:
        yield client


def nested(levels: int, **innermost: object) -> dict[str, object]:
    tree: dict[str, object] = innermost
    for _ in range(levels):
        tree = {"child": tree}
    return tree


@pytest.mark.parametrize(
    ("tree", "count"),
    [
        ({f"key{number}": 1 for number in range(MANY)}, MANY),
        ({"sizes": ["many"] * MANY}, MANY),
        (nested(100, sizes=["many"] * MANY), MANY),
        ({LONG + str(number): number for number in range(FEW)}, None),
        ({"sizes": [LONG] * FEW}, None),
    ],
    ids=["unknown fields", "list", "nested", "long keys", "long values"],
)
async def test_a_body_of_many_faults_has_a_small_answer(
    client: AsyncClient, tree: dict[str, object], count: int | None
) -> None:
    response = await client.post("/trees", content=json.dumps(tree), headers={"Content-Type": "application/json"})
    details = response.json()["error"]["details"]
    assert response.status_code == 422
    assert details.get("count") == count
    assert len(details["errors"]) == (MAX_FAULTS if count else FEW)
    assert len(response.content) < MAX_ANSWER_SIZE


async def test_the_first_faults_are_those_of_a_short_list(client: AsyncClient) -> None:
    few = (await client.post("/trees", json={"sizes": ["many"] * 3})).json()["error"]["details"]
    many = (await client.post("/trees", json={"sizes": ["many"] * MANY})).json()["error"]["details"]
    assert "count" not in few
    assert many["errors"][:3] == few["errors"]
    assert few["errors"][2]["loc"] == ["body", "sizes", 2]


async def test_the_faults_of_several_values_are_counted_together(client: AsyncClient) -> None:
    faulty = {"sizes": ["many"] * MANY}
    details = (await client.post("/two", json={"first": faulty, "second": faulty})).json()["error"]["details"]
    assert (len(details["errors"]), details["count"]) == (MAX_FAULTS, 2 * MANY)


@pytest.mark.parametrize(
    ("trees", "names", "place"),
    [
        ([{}, {"sizes": [1, *["many"] * MORE]}], {}, ["trees", 1, "sizes", 1]),
        ([{"sizes": 1}] * MORE, {}, ["trees", 0, "sizes"]),
        ([], {"oak": 1} | {str(number): "many" for number in range(MORE)}, ["names", "0"]),
    ],
    ids=["list in a list", "list", "dictionary"],
)
async def test_of_very_many_values_each_collection_reports_its_first_fault(
    client: AsyncClient, trees: list[object], names: dict[str, object], place: list[str | int]
) -> None:
    response = await client.post("/forests", json={"trees": trees, "names": names})
    assert response.status_code == 422
    assert [fault["loc"] for fault in response.json()["error"]["details"]["errors"]] == [["body", *place]]


async def test_very_many_values_are_read_as_few(client: AsyncClient) -> None:
    names = {str(number): f" {number} " for number in range(MORE)}
    response = await client.post("/forests", json={"trees": [{"child": {"sizes": ["1"] * MORE}}], "names": names})
    assert response.json() == 1 + MORE


async def test_a_query_and_headers_of_many_faults_have_a_small_answer(client: AsyncClient) -> None:
    headers = [("X-Number", "many")] * MANY
    response = await client.get("/numbers", params={"number": ["many"] * MANY}, headers=headers)
    details = response.json()["error"]["details"]
    assert (len(details["errors"]), details["count"]) == (MAX_FAULTS, 2 * MANY)
    assert len(response.content) < MAX_ANSWER_SIZE


async def test_a_body_whose_faults_would_cost_much_more_than_its_size_is_refused(client: AsyncClient) -> None:
    wide = [1] * 100_000
    details = (await client.post("/trees", json=nested(20, sizes=["many"] * 100_000))).json()["error"]["details"]
    assert [fault["type"] for fault in details["errors"]] == ["too_deep"]
    assert (await client.post("/trees", json=nested(10, sizes=wide))).status_code == 200
