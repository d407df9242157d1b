"""Transactions on MongoDB, and what holds where there are none."""

from contextlib import suppress

import pytest
from fastapi import FastAPI

from kit.mongo import get_database
from kit.tasks import transaction
from kit.tests.tasks.trials import Work, stored

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def has_transactions(app: FastAPI) -> bool:
    async with get_database(app).session() as session:
        return "setName" in await session.command("hello")


async def test_an_error_rolls_back_all_that_a_server_can(app: FastAPI) -> None:
    task = Work().as_task()
    with suppress(LookupError):
        async with transaction(app) as session:
            await session["notes"].insert_one({"title": "a"})
            await session.with_options()["notes"].insert_one({"title": "b"})
            await session.command("insert", "notes", documents=[{"title": "c"}])
            await task.defer(session)
            assert await session["notes"].count_documents({}) == 3
            raise LookupError
    is_left = not await has_transactions(app)
    async with get_database(app).session() as session:
        assert await session["notes"].count_documents({}) == 3 * is_left
    assert len(await stored(app)) == is_left


async def test_all_of_a_collection_is_in_the_transaction(app: FastAPI) -> None:
    async with transaction(app) as session:
        notes = session.get_collection("notes")
        await notes.insert_many([{"n": number} for number in range(3)])
        await notes.with_options().update_many({}, {"$inc": {"n": 1}})
        await notes.delete_one({"n": 1})
        assert [each["n"] async for each in notes.find().sort("n")] == [2, 3]
        assert sorted(await notes.distinct("n")) == [2, 3]
    async with get_database(app).session() as session:
        assert await session["notes"].count_documents({}) == 2
