"""The queries that all documents share."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from pymongo import ReturnDocument

from kit.mongo.documents import BaseDocument, now
from kit.mongo.driver import Collection, Database
from kit.mongo.fields import fields_of
from kit.mongo.updates import later, set_if_changed
from kit.mongo.upsert.bulk import bulk_upsert
from kit.pages import Page
from kit.upserts import Rows, UpsertCounts

Model = TypeVar("Model", bound=BaseDocument)
Id = TypeVar("Id")
Where = Mapping[str, Any]


class BaseRepository(Generic[Model, Id]):
    """Create, read, change and delete the documents of one model; subclass it for further queries."""

    key_fields: ClassVar[Sequence[str]] = ()

    def __init__(self, model: type[Model], session: Database) -> None:
        self.model = model
        self.session = session

    @property
    def collection(self) -> Collection:
        return self.session[self.model.collection]

    async def create(self, **values: Any) -> Model:
        """Insert and return a document; the session turns a duplicate key into a `ConflictException`."""
        document = self.model(**values)
        await self.collection.insert_one(document.model_dump(by_alias=True))
        return document

    async def get_by_id(self, id_: Id) -> Model | None:
        return self._read(await self.collection.find_one({"_id": id_}))

    async def update(self, id_: Id, **values: Any) -> Model | None:
        """Change fields of a document and return it, or `None` if it does not exist.

        Raises `TypeError` for an unknown field, and `ValueError` for a value that does not fit or for the key, which
        cannot change.
        """
        fields = fields_of(self.model).stored(values)
        if "_id" in fields:
            raise ValueError(f"'id' is the key of {self.model.__name__} and cannot change")
        update = set_if_changed(fields, {"updated_at": later(now())})
        return self._read(
            await self.collection.find_one_and_update({"_id": id_}, update, return_document=ReturnDocument.AFTER)
        )

    async def delete(self, id_: Id) -> bool:
        """Delete a document, and return whether it existed."""
        return (await self.collection.delete_one({"_id": id_})).deleted_count == 1

    async def get_all(self, limit: int = 100, offset: int = 0) -> Sequence[Model]:
        """Return documents ordered by id. Prefer `get_page`: the database reads all documents before `offset`."""
        return await self._find({}, limit, offset) if limit else []

    async def get_page(
        self, after: Id | None, limit: int, where: Where | None = None, /, **equal: Any
    ) -> Page[Model, Id]:
        """Return the documents after an id, ordered by id. The ten-thousandth page costs as much as the first."""
        # An expression, since plain `$gt` finds only ids of the same type.
        start = {} if after is None else {"$expr": {"$gt": ["$_id", {"$literal": after}]}}
        documents = await self._find({"$and": [start, where or {}, equal]}, limit + 1)
        last: Any = documents[limit - 1].id if len(documents) > limit else None
        return Page(documents[:limit], last)

    # For responses. On other databases it returns fields, which take less there: code that uses it can move.
    read_page = get_page

    async def count(self, where: Where | None = None, /, **equal: Any) -> int:
        return await self.collection.count_documents({"$and": [where or {}, equal]})

    async def bulk_upsert(self, rows: Rows) -> UpsertCounts:
        """Insert the rows whose `key_fields` do not exist yet, and update the others."""
        return await bulk_upsert(self.session, collection=self.model, rows=rows, key_fields=self.key_fields)

    async def _find(self, where: Where, limit: int, offset: int = 0) -> list[Model]:
        documents = await self.collection.find(where).sort("_id", 1).skip(offset).limit(limit).to_list(None)
        return [self.model.model_validate(document) for document in documents]

    def _read(self, document: Mapping[str, Any] | None) -> Model | None:
        return None if document is None else self.model.model_validate(document)
