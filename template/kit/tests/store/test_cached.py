"""What is computed once for many callers, and when it is computed again."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from kit.errors import ServiceUnavailableException
from kit.store import StoreService, cached

pytestmark = pytest.mark.anyio


class Rate(BaseModel):
    currency: str
    at: datetime


class Source:
    """What a cached function asks; it counts how often."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: int | None = 1
        self.free = asyncio.Event()
        self.free.set()

    async def ask(self, name: str) -> int | None:
        self.asked.append(name)
        answer = self.answer
        await self.free.wait()
        if answer == -1:
            raise LookupError(name)
        return answer


def cached_function(source: Source, ttl: float = 60, **options: Any) -> Any:
    @cached("answers", ttl, **options)
    async def answer(store: StoreService, name: str, *, more: int = 0) -> int | None:
        del store, more
        return await source.ask(name)

    return answer


async def test_a_result_is_computed_once_for_each_of_its_arguments(store: StoreService) -> None:
    answer = cached_function(source := Source())
    assert [await answer(store, "a"), await answer(store, name="a"), await answer(store, "a", more=0)] == [1, 1, 1]
    assert source.asked == ["a"]
    await answer(store, "a", more=1)
    await answer(store, "b" * 10_000)
    await answer(store, "b" * 10_000)
    assert source.asked == ["a", "a", "b" * 10_000]


async def test_what_pydantic_writes_as_json_comes_back_as_it_was(store: StoreService) -> None:
    def key(currency: str, at: datetime) -> str:
        return f"{currency} {at:%F}"

    @cached("rates", timedelta(minutes=1), key=key)
    async def rates(_store: StoreService, currency: str, at: datetime) -> dict[str, Rate | None]:
        return {currency: Rate(currency=currency, at=at), "none": None}

    now = datetime(2026, 5, 17, 12, 30)  # noqa: DTZ001 - as the caller gives it
    first = await rates(store, "EUR", now)
    assert await rates(store, "EUR", now + timedelta(hours=1)) == first
    assert first["EUR"] == Rate(currency="EUR", at=now)


async def test_none_is_a_result_and_an_error_is_not(store: StoreService) -> None:
    answer = cached_function(source := Source())
    source.answer = None
    assert [await answer(store, "a"), await answer(store, "a"), len(source.asked)] == [None, None, 1]
    source.answer = -1
    for _ in range(2):
        with pytest.raises(LookupError):
            await answer(store, "b")
    assert source.asked == ["a", "b", "b"]


async def test_concurrent_calls_share_a_computation_that_outlives_a_caller(store: StoreService) -> None:
    answer = cached_function(source := Source())
    source.free.clear()
    calls = [asyncio.create_task(answer(store, "a")) for _ in range(5)]
    await until_asked(source, 1)
    calls[0].cancel()
    await asyncio.sleep(0.05)
    source.free.set()
    assert await asyncio.gather(*calls[1:]) == [1] * 4
    assert source.asked == ["a"]


async def test_a_result_is_computed_again_after_its_ttl(store: StoreService) -> None:
    answer = cached_function(source := Source(), ttl=0.1)
    await answer(store, "a")
    await asyncio.sleep(0.15)
    source.answer = 2
    assert await answer(store, "a") == 2


async def test_a_stale_result_is_returned_at_once_while_one_call_computes(store: StoreService) -> None:
    answer = cached_function(source := Source(), ttl=0.1, stale=60)
    await answer(store, "a")
    await asyncio.sleep(0.15)
    source.answer = 2
    source.free.clear()
    assert await asyncio.gather(*(answer(store, "a") for _ in range(3))) == [1, 1, 1]
    await until_asked(source, 2)
    source.free.set()
    await until_value(answer, store, 2)
    assert len(source.asked) == 2


async def test_an_error_leaves_the_stale_result(store: StoreService) -> None:
    answer = cached_function(source := Source(), ttl=0.1, stale=60)
    await answer(store, "a")
    await asyncio.sleep(0.15)
    source.answer = -1
    assert await answer(store, "a") == 1
    await until_asked(source, 2)
    assert await answer(store, "a") == 1


@pytest.mark.parametrize("everything", [False, True])
async def test_an_invalidated_result_is_computed_again(store: StoreService, everything: bool) -> None:
    answer = cached_function(source := Source())
    await answer(store, "a")
    await answer(store, "b")
    await (answer.invalidate_all(store) if everything else answer.invalidate(store, "a"))
    source.answer = 2
    assert [await answer(store, "a"), await answer(store, "b")] == [2, 2 if everything else 1]


@pytest.mark.parametrize("everything", [False, True])
async def test_what_was_being_computed_at_an_invalidation_is_not_kept(store: StoreService, everything: bool) -> None:
    first, second = cached_function(source := Source()), cached_function(source)  # as in two processes
    source.free.clear()
    old = asyncio.create_task(first(store, "a"))
    await until_asked(source, 1)
    await (second.invalidate_all(store) if everything else second.invalidate(store, "a"))
    source.answer = 2
    source.free.set()
    assert await old == 1
    assert [await second(store, "a"), await first(store, "a")] == [2, 2]


@pytest.mark.parametrize("everything", [False, True])
async def test_a_call_after_an_invalidation_does_not_wait_for_an_older_one(
    store: StoreService, everything: bool
) -> None:
    answer = cached_function(source := Source())
    source.free.clear()
    old = asyncio.create_task(answer(store, "a"))
    await until_asked(source, 1)
    await (answer.invalidate_all(store) if everything else answer.invalidate(store, "a"))
    new = asyncio.create_task(answer(store, "a"))
    await until_asked(source, 2)
    source.free.set()
    assert await asyncio.gather(old, new) == [1, 1]


async def test_across_processes_one_computes_and_the_others_wait(store: StoreService) -> None:
    source = Source()
    processes = [cached_function(source, across_processes=True) for _ in range(3)]
    source.free.clear()
    calls = [asyncio.create_task(answer(store, "a")) for answer in processes]
    await until_asked(source, 1)
    await asyncio.sleep(0.1)
    source.free.set()
    assert await asyncio.gather(*calls) == [1, 1, 1]
    assert source.asked == ["a"]


async def test_without_the_store_each_call_computes_and_an_invalidation_fails(
    store: StoreService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise ServiceUnavailableException("The store does not answer")

    answer = cached_function(source := Source())
    for operation in ("get_many", "put", "increment"):
        monkeypatch.setattr(store.engine, operation, refuse)
    assert [await answer(store, "a"), await answer(store, "a"), len(source.asked)] == [1, 1, 2]
    with pytest.raises(ServiceUnavailableException):
        await answer.invalidate(store, "a")


async def test_results_that_were_written_together_do_not_expire_together(store: StoreService) -> None:
    answer = cached_function(Source(), ttl=1000)
    for name in range(20):
        await answer(store, str(name))
    lifetimes = {round(await store.ttl("answers", answer.key_of(store, str(name))) or 0) for name in range(20)}
    assert len(lifetimes) > 5
    assert min(lifetimes) >= 899
    assert max(lifetimes) <= 1000


def test_what_cannot_be_cached_is_refused() -> None:
    with pytest.raises(ValueError, match="ttl must be positive"):
        cached("a", 0)
    with pytest.raises(TypeError, match="must declare what it returns"):

        @cached("a", 1)
        async def function(_store: StoreService):  # type: ignore[no-untyped-def]  # noqa: ANN202
            return 1


async def test_arguments_that_are_no_json_need_a_key(store: StoreService) -> None:
    answer = cached_function(Source())
    with pytest.raises(TypeError, match="give cached a `key`"):
        await answer(store, object())


async def until_asked(source: Source, times: int) -> None:
    async with asyncio.timeout(5):
        while len(source.asked) < times:  # noqa: ASYNC110 - an event for each number would say less
            await asyncio.sleep(0.005)


async def until_value(answer: Any, store: StoreService, value: int) -> None:
    async with asyncio.timeout(5):
        while await answer(store, "a") != value:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.005)
