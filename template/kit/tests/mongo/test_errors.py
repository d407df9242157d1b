"""Which errors of the driver are a state of the server, and which are a fault of the service."""

from typing import Any

import pytest
from pymongo.errors import BulkWriteError, DuplicateKeyError, NotPrimaryError, OperationFailure, WTimeoutError

from kit.errors import ConflictException
from kit.errors import ServiceUnavailableException as Unavailable
from kit.mongo import MongoDBConnectionManager
from kit.mongo.errors import CONFLICTS, OVERTAKEN, REFUSALS, translated_errors

pytestmark = pytest.mark.anyio


def bulk_error(write: int = 0, concern: int = 0) -> BulkWriteError:
    writes = [{"index": 0, "code": write, "errmsg": ""}] if write else []
    concerns = [{"code": concern, "errmsg": ""}] if concern else []
    return BulkWriteError({"writeErrors": writes, "writeConcernErrors": concerns})


def translated(error: Exception) -> Exception:
    with pytest.raises(Exception) as raised, translated_errors():  # noqa: PT011 - any exception
        raise error
    return raised.value


@pytest.mark.parametrize("code", sorted(REFUSALS))
async def test_a_server_that_refuses_is_unavailable(code: int) -> None:
    for error in (OperationFailure("refused", code), bulk_error(write=code)):
        assert isinstance(translated(error), Unavailable)


@pytest.mark.parametrize("code", sorted(CONFLICTS))
async def test_a_conflict_with_others_can_be_tried_again(code: int) -> None:
    for error in (OperationFailure("conflict", code), bulk_error(write=code)):
        unavailable = translated(error)
        assert isinstance(unavailable, Unavailable)
        assert unavailable.headers == {"Retry-After": "1"}


async def test_a_server_that_goes_away_between_two_tries_is_unavailable() -> None:
    assert isinstance(translated(OperationFailure(f"{OVERTAKEN}. Please add retryWrites=false", 20)), Unavailable)


async def test_a_transaction_that_can_be_tried_again_says_so() -> None:
    labels = {"errorLabels": ["TransientTransactionError"]}
    unavailable = translated(OperationFailure("aborted", 99_999, labels))
    assert isinstance(unavailable, Unavailable)
    assert unavailable.headers == {"Retry-After": "1"}


@pytest.mark.parametrize(
    "error", [NotPrimaryError("not primary"), WTimeoutError("timed out", 64), bulk_error(concern=64)], ids=repr
)
async def test_a_write_that_may_not_last_is_unavailable(error: Exception) -> None:
    assert isinstance(translated(error), Unavailable)


@pytest.mark.parametrize("error", [DuplicateKeyError("taken", 11000), bulk_error(write=11000)], ids=repr)
async def test_a_key_that_is_taken_is_a_conflict(error: Exception) -> None:
    assert isinstance(translated(error), ConflictException)


@pytest.mark.parametrize("error", [OperationFailure("unknown operator", 2), bulk_error(write=121)], ids=repr)
async def test_a_fault_of_the_service_stays_as_it_is(error: Exception) -> None:
    assert translated(error) is error


async def test_a_query_beyond_its_time_limit_can_be_tried_again(notes: MongoDBConnectionManager) -> None:
    async with notes.session() as session:
        await session.scratch_notes.insert_one({"title": "a"})
    slow: dict[str, Any] = {"$where": "sleep(300) || true"}
    with pytest.raises(Unavailable) as error:
        async with notes.session() as session:
            await session.scratch_notes.find_one(slow, max_time_ms=10)
    assert error.value.headers == {"Retry-After": "1"}
