"""The database of a session that only reads: whatever would write raises an error instead."""

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from kit.mongo.driver import Collection, Database

WRITES_OF_COLLECTION = (
    *("insert_one", "insert_many", "replace_one", "update_one", "update_many", "delete_one", "delete_many"),
    *("bulk_write", "find_one_and_delete", "find_one_and_replace", "find_one_and_update", "drop", "rename"),
    *("create_index", "create_indexes", "drop_index", "drop_indexes"),
    *("create_search_index", "create_search_indexes", "drop_search_index", "update_search_index"),
)
WRITES_OF_DATABASE = ("create_collection", "drop_collection")
READING_COMMANDS = {
    *("aggregate", "buildInfo", "collStats", "connectionStatus", "count", "dbStats", "distinct", "explain", "find"),
    *("getMore", "hello", "hostInfo", "isMaster", "killCursors", "listCollections", "listIndexes", "ping"),
    *("replSetGetStatus", "serverStatus", "top", "validate"),
}


def refuse(*_: object, **__: object) -> NoReturn:
    raise RuntimeError("This session only reads; to write, take one that writes, such as a SessionDep")


def refuse_writing_stages(pipeline: Iterable[Mapping[str, Any]]) -> None:
    if any({"$out", "$merge"}.intersection(stage) for stage in pipeline):
        refuse()


class ReadingCollection(Collection):
    """A collection that cannot be written to."""

    def __getitem__(self, name: str) -> Any:
        return _as_reading(super().__getitem__(name))

    def with_options(self, *arguments: Any, **options: Any) -> Any:
        typed: Any = super()  # the types of a driver are not complete
        return _as_reading(typed.with_options(*arguments, **options))

    def aggregate(self, pipeline: Any, *arguments: Any, **options: Any) -> Any:
        refuse_writing_stages(pipeline)
        return super().aggregate(pipeline, *arguments, **options)

    def aggregate_raw_batches(self, pipeline: Any, *arguments: Any, **options: Any) -> Any:
        refuse_writing_stages(pipeline)
        return super().aggregate_raw_batches(pipeline, *arguments, **options)


class ReadingDatabase(Database):
    """A database that cannot be written to."""

    def __getitem__(self, name: str) -> Any:
        return _as_reading(super().__getitem__(name))

    def get_collection(self, *arguments: Any, **options: Any) -> Any:
        return _as_reading(super().get_collection(*arguments, **options))

    def with_options(self, *arguments: Any, **options: Any) -> Any:
        return as_reading(super().with_options(*arguments, **options))

    def aggregate(self, pipeline: Any, *arguments: Any, **options: Any) -> Any:
        refuse_writing_stages(pipeline)
        return super().aggregate(pipeline, *arguments, **options)

    def command(self, command: Any, *arguments: Any, **options: Any) -> Any:
        _refuse_writing_command(command, options)
        return super().command(command, *arguments, **options)

    def cursor_command(self, command: Any, *arguments: Any, **options: Any) -> Any:
        _refuse_writing_command(command, options)
        return super().cursor_command(command, *arguments, **options)


for method in WRITES_OF_COLLECTION:
    setattr(ReadingCollection, method, refuse)
for method in WRITES_OF_DATABASE:
    setattr(ReadingDatabase, method, refuse)


def as_reading(database: Database) -> Database:
    """Return the database as one that cannot be written to; it must not be used otherwise any more."""
    database.__class__ = ReadingDatabase
    return database


def _as_reading(collection: Collection) -> Collection:
    collection.__class__ = ReadingCollection
    return collection


def _refuse_writing_command(command: str | Mapping[str, Any], options: Mapping[str, Any]) -> None:
    fields: dict[str, Any] = {command: 1, **options} if isinstance(command, str) else {**command, **options}
    if next(iter(fields)) not in READING_COMMANDS:
        refuse()
    refuse_writing_stages(fields.get("pipeline", []))
