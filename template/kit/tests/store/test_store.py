"""What is written can be read, in the order of the keys, by all processes."""

import asyncio
import math
from typing import Any

import pytest

from kit.store import NamespaceQuotaError, NotANumberError, StoreService, Value
from kit.tests.store.place import Place

pytestmark = pytest.mark.anyio

VALUES: list[Value] = [
    b"",
    b"\0\xff",
    "",
    "é\0😀",
    0,
    -(2**63),
    2**63 - 1,
    2**64 - 1,
    1.5,
    True,
    False,
    [],
    [1, [None]],
    {},
]


@pytest.mark.parametrize("value", [*VALUES, {"a": {"b": [1.5, "x", None]}}], ids=repr)
async def test_a_value_comes_back_as_it_was(store: StoreService, value: Value) -> None:
    await store.set("a", "key", value)
    found = await store.get("a", "key")
    assert (found, type(found)) == (value, type(value))


async def test_a_key_that_was_never_written_does_not_exist(store: StoreService) -> None:
    assert await store.get("a", "key") is None
    assert not await store.exists("a", "key")
    assert not await store.delete("a", "key")
    assert await store.ttl("a", "key") is None
    assert not await store.expire("a", "key", 5)
    assert await store.scan("a") == []


async def test_namespaces_are_separate(store: StoreService) -> None:
    await store.set("a", "bc", 1)
    await store.set("ab", "c", 2)
    assert await store.get("a", "bc") == 1
    assert await store.delete("a", "bc")
    assert await store.scan("a") == []
    assert await store.scan("ab") == [("c", 2)]


async def test_the_last_write_wins(store: StoreService) -> None:
    for value in (b"first", {"second": 2}, "third"):
        await store.set("a", "key", value)
    assert await store.get("a", "key") == "third"
    assert math.isinf(await store.ttl("a", "key") or 0)


async def test_of_many_concurrent_adds_one_succeeds(store: StoreService) -> None:
    added = await asyncio.gather(*(store.add("a", "key", number) for number in range(20)))
    assert sorted(added) == [False] * 19 + [True]
    assert await store.get("a", "key") == added.index(True)


async def test_many_keys_are_written_and_read_in_one_call(store: StoreService) -> None:
    values: dict[str, Value] = {f"key {number}": number for number in range(50)}
    await store.set_many("a", values)
    await store.set_many("a", {})
    assert await store.get_many("a", [*values, "other"]) == values
    assert await store.get_many("a", []) == {}


async def test_increments_add_up(store: StoreService) -> None:
    assert await store.increment("a", "hits", ttl=100) == 1
    sums = await asyncio.gather(*(store.increment("a", "hits", 2) for _ in range(20)))
    assert sorted(sums) == list(range(3, 43, 2))
    assert await store.increment("a", "hits", -50) == await store.get("a", "hits") == -9
    assert 90 < (await store.ttl("a", "hits") or 0) <= 100


@pytest.mark.parametrize("value", ["7", b"7", 7.0, True, [7], 2**63])
async def test_only_64_bit_integers_can_be_incremented(store: StoreService, value: Value) -> None:
    await store.set("a", "key", value)
    with pytest.raises(NotANumberError):
        await store.increment("a", "key")
    assert await store.get("a", "key") == value


async def test_a_sum_must_fit_into_64_bits(store: StoreService) -> None:
    assert await store.increment("a", "key", 2**63 - 1) == 2**63 - 1
    with pytest.raises(NotANumberError):
        await store.increment("a", "key")
    assert await store.increment("a", "key", -(2**63)) == -1


async def test_a_scan_returns_the_keys_in_order(store: StoreService) -> None:
    keys = sorted({f"{letter}{number}" for letter in "aé😀\x7f" for number in range(40)}, key=str.encode)
    await store.set_many("n", dict.fromkeys(keys, 0))
    await store.set("m", "zzz", 0)
    await store.set("o", "aaa", 0)
    found: list[tuple[str, Value]] = []
    while page := await store.scan("n", after=found[-1][0] if found else None, limit=30):
        found += page
    assert found == [(key, 0) for key in keys]


async def test_a_scan_can_have_a_prefix(store: StoreService) -> None:
    await store.set_many("n", dict.fromkeys(["a", "b", "b1", "b2", "b\xff", "c"], 0))
    assert [key for key, _ in await store.scan("n", "b")] == ["b", "b1", "b2", "b\xff"]
    assert [key for key, _ in await store.scan("n", "b", after="b1")] == ["b2", "b\xff"]
    assert [key for key, _ in await store.scan("n", "b", after="a", limit=1)] == ["b"]
    assert await store.scan("n", "b", after="c") == []


async def test_a_namespace_beyond_the_limit_is_refused_until_another_is_empty(place: Place) -> None:
    store = StoreService(place.open(max_namespaces=2))
    await store.set("a", "1", 0)
    await store.set("b", "1", 0, ttl=1000)
    for write in (store.set("c", "1", 0), store.increment("c", "1"), store.add("c", "1", 0)):
        with pytest.raises(NamespaceQuotaError, match="STORE_MAX_NAMESPACES allows 2"):
            await write
    await store.delete("a", "1")
    await store.set("c", "1", 0)
    await place.advance(1000)
    await store.set("d", "1", 0)
    assert [(await store.scan(namespace)) for namespace in "abcd"] == [[], [], [("1", 0)], [("1", 0)]]
    assert await place.faults(store.engine) == []
    await store.close()


async def test_without_a_limit_there_may_be_many_namespaces(place: Place) -> None:
    store = StoreService(place.open(max_namespaces=0))
    await asyncio.gather(*(store.set(f"n{number}", "key", number) for number in range(300)))
    assert await store.get("n299", "key") == 299
    await store.close()


async def test_a_written_value_exists_for_other_processes_and_after_a_restart(place: Place) -> None:
    store = StoreService(place.open())
    await store.set("a", "key", "value")
    await store.close()
    store = StoreService(place.open())
    assert await store.get("a", "key") == "value"
    await store.close()


async def test_a_cancelled_write_does_not_affect_others(store: StoreService) -> None:
    async def write(number: int) -> None:
        await store.set("a", str(number), number)

    tasks = [asyncio.create_task(write(number)) for number in range(20)]
    await asyncio.sleep(0)
    tasks[7].cancel()
    results: list[Any] = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results if result is not None] == [asyncio.CancelledError]
    assert {str(number) for number in range(20) if number != 7} <= {key for key, _ in await store.scan("a")}
