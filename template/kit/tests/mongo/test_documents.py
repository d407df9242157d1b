"""Documents: their ids and times, and how they are found."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import ClassVar
from uuid import UUID

import pytest
from bson import ObjectId
from pydantic import Field, ValidationError
from uuid_utils.compat import uuid7

from kit.mongo import BaseDocument, BaseRepository, Document, MongoDBConnectionManager, PyObjectId
from kit.mongo.documents import document_classes
from kit.testing.scratch_collections import scratch_collections
from kit.tests.trial import write_package

pytestmark = pytest.mark.anyio


class Old(BaseDocument):
    """A document of a collection whose old ids are ObjectIds, and whose new ids are UUIDs."""

    collection: ClassVar = "scratch_old"

    id: UUID | PyObjectId = Field(default_factory=uuid7, alias="_id")
    name: str


class OldRepository(BaseRepository[Old, UUID | ObjectId]):
    """The queries on old documents."""


async def test_a_collection_may_have_ids_of_both_kinds(database: MongoDBConnectionManager) -> None:
    async with scratch_collections(database, Old), database.session() as session:
        repository = OldRepository(Old, session)
        new = [await repository.create(name=name) for name in "ab"]
        old = [await repository.create(name=name, id=ObjectId()) for name in "cd"]
        assert await repository.get_by_id(old[0].id) == old[0]
        names: list[str] = []
        after: UUID | ObjectId | None = None
        while True:
            page = await repository.get_page(after, 1)
            names += [document.name for document in page.items]
            if (after := page.next) is None:
                break
        assert names == ["a", "b", "c", "d"]
        assert [type(each.id) for each in await repository.get_all()] == [UUID, UUID, ObjectId, ObjectId]
        assert await repository.delete(old[1].id)
        assert await repository.update(new[0].id, name="z")


def test_an_object_id_is_text_in_json_and_comes_from_text() -> None:
    id_ = ObjectId()
    document = Old.model_validate({"_id": str(id_), "name": "a"})
    assert document.id == id_
    assert document.model_dump(mode="json")["id"] == str(id_)
    assert Old.model_json_schema()["properties"]["_id"]["anyOf"][1]["pattern"] == "^[0-9a-f]{24}$"
    with pytest.raises(ValidationError):
        Old.model_validate({"_id": "seven", "name": "a"})


def test_times_are_in_utc_to_the_millisecond_that_mongodb_keeps() -> None:
    noon = datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    document = Old(name="a", created_at=noon)
    assert document.created_at == datetime(2026, 6, 1, 10, 0, 0, 123000, tzinfo=UTC)
    assert document.created_at.tzinfo is UTC
    with pytest.raises(ValidationError, match="timezone"):
        Old(name="a", created_at=datetime(2026, 6, 1))  # noqa: DTZ001


def test_documents_are_found_in_the_files_of_their_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
        from kit.mongo import Document

        class Order(Document):
            collection = "orders"

        class Shared(Document):
            pass
    """
    write_package(tmp_path, monkeypatch, {"api/v1/orders/document.py": text})
    assert [(each.__name__, each.collection) for each in document_classes()] == [("Order", "orders")]
    assert issubclass(document_classes()[0], Document)
