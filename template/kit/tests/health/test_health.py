"""Checks, background tasks and directories."""

import asyncio
from pathlib import Path

import pytest
from pydantic import BaseModel

from kit.health import CheckResult, Health
from kit.health import health as health_module
from kit.tests.trial import Lines

pytestmark = pytest.mark.anyio


@pytest.fixture
def health() -> Health:
    return Health(timeout=5)


class Found(BaseModel):
    entries: int


async def hang() -> None:
    await asyncio.Event().wait()


async def fail() -> None:
    raise ConnectionError("refused\nby 10.0.0.1")


async def succeed() -> None: ...


async def run(health: Health) -> dict[str, CheckResult]:
    async with asyncio.timeout(10):
        return await health.run_checks()


async def test_without_checks_there_are_no_results(health: Health) -> None:
    assert await run(health) == {}


async def test_checks_run_concurrently(health: Health) -> None:
    both_there = asyncio.Barrier(2)
    health.add_check("one", both_there.wait)
    health.add_check("two", both_there.wait)
    assert {name: result.status for name, result in (await run(health)).items()} == {"one": "ok", "two": "ok"}


async def test_a_check_that_raises_fails_with_the_first_line_of_its_error(health: Health) -> None:
    health.add_check("queue", fail)
    result = (await run(health))["queue"]
    assert (result.status, result.error) == ("failed", "refused")


async def test_a_model_that_a_check_returns_is_in_its_details(health: Health) -> None:
    async def return_model() -> BaseModel:
        return Found(entries=7)

    async def return_text() -> str:
        return "not meant to be read"

    health.add_check("queue", return_model)
    health.add_check("cache", return_text)
    assert {name: result.details for name, result in (await run(health)).items()} == {
        "queue": Found(entries=7),
        "cache": None,
    }


async def test_a_check_can_have_its_own_timeout(health: Health) -> None:
    health.add_check("queue", hang, timeout=0.01)
    result = (await run(health))["queue"]
    assert (result.status, result.error) == ("failed", "no answer within 0.01 s")
    assert 10 <= result.ms < 5000


async def test_a_check_is_cancelled_at_the_end_of_its_time(health: Health) -> None:
    cancelled = asyncio.Event()

    async def hang_until_cancelled() -> None:
        try:
            await hang()
        finally:
            cancelled.set()

    health.add_check("queue", hang_until_cancelled, timeout=0.01)
    await run(health)
    async with asyncio.timeout(5):
        await cancelled.wait()
        while vars(health_module)["_cancelled"]:  # noqa: ASYNC110 - the end of the task sends no event
            await asyncio.sleep(0)


@pytest.mark.parametrize(("message", "error"), [("no lease", "TimeoutError: no lease"), ("", "TimeoutError")])
async def test_a_timeout_of_the_check_itself_is_an_error_like_any_other(
    health: Health, message: str, error: str
) -> None:
    async def give_up() -> None:
        raise TimeoutError(message)

    health.add_check("queue", give_up)
    assert (await run(health))["queue"].error == error


async def test_a_check_that_translates_the_end_of_its_time_has_not_answered_either(health: Health) -> None:
    async def translate() -> None:
        try:
            await hang()
        except asyncio.CancelledError:
            raise RuntimeError("interrupted") from None

    health.add_check("queue", translate, timeout=0.01)
    assert (await run(health))["queue"].error == "no answer within 0.01 s"


async def test_the_default_timeout_is_that_of_the_service() -> None:
    health = Health(timeout=0.01)
    health.add_check("queue", hang)
    assert (await run(health))["queue"].error == "no answer within 0.01 s"


async def test_a_check_that_fails_does_not_affect_the_others(health: Health) -> None:
    for name, check in {"one": fail, "two": succeed}.items():
        health.add_check(name, check)
    assert {name: result.error is None for name, result in (await run(health)).items()} == {"one": False, "two": True}


async def test_a_check_that_fails_is_logged(health: Health, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(capsys)
    health.add_check("queue", fail)
    await run(health)
    [line] = lines("kit.health.health")
    assert (line["level"], line["check"], line["error"]) == ("warning", "queue", "refused")


async def test_a_background_task_that_died_is_an_error(health: Health) -> None:
    task = asyncio.create_task(fail(), name="import of orders")
    health.watch(task)
    await asyncio.wait([task])
    assert health.errors() == [r"import of orders: ConnectionError('refused\nby 10.0.0.1')"]


async def test_background_tasks_that_run_or_end_without_an_error_are_fine(health: Health) -> None:
    running, cancelled, done = (asyncio.create_task(work()) for work in (hang, hang, succeed))
    for task in (running, cancelled, done):
        health.watch(task)
    cancelled.cancel()
    await asyncio.wait([cancelled, done])
    assert health.errors() == []
    running.cancel()


async def test_uptime_counts_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([1000.0, 1007.25])
    monkeypatch.setattr("kit.health.health.monotonic", lambda: next(clock))
    assert Health(timeout=5).uptime_seconds == 7.25


async def test_directories_are_kept_for_the_doctor(health: Health) -> None:
    health.add_directory("DATA", Path("data"))
    assert health.directories == {"DATA": Path("data")}
