"""The indexes that documents declare, and those that collections have."""

from collections.abc import Iterable
from dataclasses import dataclass

from pymongo import IndexModel
from pymongo.errors import OperationFailure

from kit.mongo.documents import BaseDocument
from kit.mongo.driver import Collection, Database
from kit.mongo.errors import is_state_of_server


class IndexConflictError(Exception):
    """An index cannot be created as it is declared."""


@dataclass(frozen=True)
class Index:
    """An index that a document declares, and whether its collection has one of that name."""

    collection: str
    model: IndexModel
    exists: bool

    def __str__(self) -> str:
        return f"{self.collection}.{self.model.document['name']}"


async def find_indexes(database: Database, documents: Iterable[type[BaseDocument]]) -> list[Index]:
    """Return the declared indexes, with whether each exists."""
    return [
        Index(document.collection, model, model.document["name"] in existing)
        for document in documents
        if document.indexes
        for existing in [await database[document.collection].index_information()]
        for model in document.indexes
    ]


async def create_index(database: Database, index: Index) -> None:
    """Create an index unless it exists.

    Raises `IndexConflictError` if it exists with other options, or if documents violate it.
    """
    try:
        await database[index.collection].create_indexes([index.model])
    except OperationFailure as error:
        if is_state_of_server(error):
            raise
        reason = str(error).partition(", full error")[0]
        raise IndexConflictError(f"the index {index} cannot be created as it is declared: {reason}") from error


async def unique_fields(collection: Collection) -> list[set[str]]:
    """Return the sets of fields that the indexes of a collection keep unique."""
    indexes = (await collection.index_information()).values()
    complete = (index for index in indexes if index.get("unique") and "partialFilterExpression" not in index)
    return [{"_id"}, *(set(dict(index["key"])) for index in complete)]


def declared_unique_fields(document: type[BaseDocument]) -> list[set[str]]:
    """Return the sets of fields that the declared indexes of a document keep unique."""
    indexes = (model.document for model in document.indexes)
    complete = (index for index in indexes if index.get("unique") and "partialFilterExpression" not in index)
    return [{"_id"}, *(set(dict(index["key"])) for index in complete)]
