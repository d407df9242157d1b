"""Bulk upserts on every database: what they refuse, and what is written before."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from kit.tests.upserts.contacts import Contacts, normalised
from kit.upserts import BulkUpsertError, UpsertCounts

pytestmark = pytest.mark.anyio


async def test_what_key_func_refuses_is_not_written(contacts: Contacts) -> None:
    with pytest.raises(ValueError, match="bo is not an address") as error:
        await contacts.upsert([{"email": "ann@x.org"}, {"email": "bo"}], key_func=normalised)
    assert error.value.__notes__ == ["in row 1"]
    assert await contacts.read() == {}


async def test_key_func_must_return_the_same_fields_for_every_row(contacts: Contacts) -> None:
    def changing(row: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"id": row["id"]} if "id" in row else row

    with pytest.raises(ValueError, match="key_func returned id, but email for an earlier row"):
        await contacts.upsert([{"email": "a"}, {"email": "b", "id": uuid4()}], key_func=changing)


@pytest.mark.parametrize("options", [{"key_fields": None}, {"key_fields": ["email"], "key_func": normalised}])
async def test_a_key_is_given_by_fields_or_by_a_function(contacts: Contacts, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="either key_fields or key_func"):
        await contacts.upsert([{"email": "a"}], **options)


@pytest.mark.parametrize(("row", "fault"), [({"email": None}, "Null"), ({"name": "A"}, "Missing")])
async def test_a_row_without_its_key_is_refused_before_anything_is_written(
    contacts: Contacts, row: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ValueError, match="key field") as error:
        await contacts.upsert([{"email": "a"}, row])
    assert str(error.value) == f"{fault} key field 'email' in document"
    assert error.value.__notes__ == ["in row 1"]
    assert await contacts.read() == {}


@pytest.mark.parametrize("field", ["email", "name", "nothing"])
async def test_fields_set_on_insert_are_fields_that_rows_lack(contacts: Contacts, field: str) -> None:
    with pytest.raises(ValueError, match=f"[Ff]ield '{field}'"):
        await contacts.upsert([{"email": "a", "name": "A"}], set_on_insert={field: "x"})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 21),
        ("name", 5),
        ("name", "\ud800"),
        ("age", 2**63),
        ("age", "5"),
        ("seen_at", datetime(2020, 1, 1)),  # noqa: DTZ001
        ("seen_at", "2020-01-01"),
        ("details", {"x": object()}),
        ("source", None),
    ],
)
async def test_a_value_that_its_field_cannot_hold_is_refused_with_its_row(
    contacts: Contacts, field: str, value: object
) -> None:
    rows = [{"email": "z"}, {"email": "b", field: value}, {"email": "a"}]
    with pytest.raises(ValueError, match=f"'{field}'") as error:
        await contacts.upsert(rows)
    assert error.value.__notes__ == ["in row 1"]
    assert await contacts.read() == {}


class Model:
    email = "a"


@pytest.mark.parametrize("row", [Model(), "email", ("email", "a"), None])
async def test_a_row_that_is_not_a_mapping_is_refused(contacts: Contacts, row: object) -> None:
    with pytest.raises(ValueError, match=f"A row must be a mapping of fields to values, not a {type(row).__name__}"):
        await contacts.upsert([{"email": "z"}, row])
    with pytest.raises(BulkUpsertError, match=r"A row must be a mapping .*row 1"):
        await contacts.upsert(iter([{"email": "z"}, row]))
    assert await contacts.read() == {}


async def test_a_single_row_is_not_a_list_of_rows(contacts: Contacts) -> None:
    with pytest.raises(ValueError, match="rows is a single row"):
        await contacts.upsert({"email": "a"})


@pytest.mark.parametrize("rows", [[{"email": "a"}], [], iter([{"email": "a"}])])
@pytest.mark.parametrize("size", [0, -1])
async def test_a_batch_has_at_least_one_row(contacts: Contacts, rows: Any, size: int) -> None:
    with pytest.raises(ValueError, match=f"batch_size is {size}"):
        await contacts.upsert(rows, batch_size=size)
    assert await contacts.read() == {}


async def test_the_name_of_a_field_is_a_string(contacts: Contacts) -> None:
    with pytest.raises(ValueError, match="has no field '1'"):
        await contacts.upsert([{"email": "a", 1: "x"}])


async def test_the_fields_of_a_key_are_a_list(contacts: Contacts) -> None:
    with pytest.raises(ValueError, match="key_fields must be a list"):
        await contacts.upsert([{"email": "a"}], key_fields="email")


async def test_unknown_fields_are_refused(contacts: Contacts) -> None:
    with pytest.raises(ValueError, match="has no field 'nmae'"):
        await contacts.upsert([{"email": "a", "nmae": "A"}])


async def test_a_new_row_without_a_field_that_it_needs_is_refused(contacts: Contacts) -> None:
    with pytest.raises(ValueError, match="Missing field 'number' in document"):
        await contacts.upsert_seats([{"id": uuid4(), "room": "A"}], key_fields=["id"])


@pytest.mark.parametrize("key_fields", [["room"], ["number"], ["room", "number", "guest"]])
async def test_a_key_that_is_not_unique_says_what_to_add(contacts: Contacts, key_fields: list[str]) -> None:
    fields = ", ".join(f"'{field}'" for field in key_fields)
    with pytest.raises(ValueError, match=rf"add \w+\(\[?{fields}"):
        await contacts.upsert_seats([], key_fields=key_fields)


async def generated(rows: Sequence[Mapping[str, Any]]) -> AsyncIterator[Mapping[str, Any]]:
    for row in rows:
        await asyncio.sleep(0)
        yield row


@pytest.mark.parametrize("stream", [iter, generated])
async def test_an_iterator_is_written_in_batches_up_to_the_row_that_is_refused(contacts: Contacts, stream: Any) -> None:
    rows: list[dict[str, Any]] = [{"email": f"{number}", "age": 1} for number in range(25)]
    assert await contacts.upsert(stream(rows[:15])) == (0, 0, 15)
    rows[3]["age"], rows[22]["email"] = 2, None
    with pytest.raises(BulkUpsertError, match="Null key field 'email' in document") as error:
        await contacts.upsert(stream(rows), batch_size=10)
    assert "row 22; so far 15 matched, 1 modified, 5 upserted" in str(error.value)
    assert error.value.index == 22
    assert error.value.counts == UpsertCounts(matched=15, modified=1, upserted=5)
    assert isinstance(error.value.__cause__, ValueError)
    assert set(await contacts.read()) == {f"{number}" for number in range(20)}
