"""The keys by which a bulk upsert tells rows apart."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Dialect, Index, Table, UniqueConstraint

from app.sql.upsert.columns import RowError, bind

Row = Mapping[str, Any]
KeyFunction = Callable[[Row], Row]


class Keys:
    """The names of the key's fields: those that the caller gave, or those that `key_func` returns for a row."""

    def __init__(self, table: Table, fields: Sequence[str] | None, key_func: KeyFunction | None) -> None:
        if bool(fields) == bool(key_func):
            raise ValueError("Give either key_fields or key_func")
        self.table = table
        self.key_func = key_func
        self.fields = tuple(fields or ())
        if fields:
            _check_unique(table, self.fields)

    def complete(self, rows: Sequence[Row], first: int) -> Sequence[Row]:
        """Put what `key_func` returns for a row in place of what the row has."""
        if not self.key_func:
            return rows
        completed: list[Row] = []
        for row in rows:
            try:
                completed.append({**row, **self._checked(self.key_func(row))})
            except Exception as error:
                raise RowError(first + len(completed), error) from error
        return completed

    def bind(self, rows: Sequence[Row], first: int, dialect: Dialect) -> dict[str, Sequence[Any]]:
        """Give the columns of the key, as the driver takes them; `first` is the index of the first row."""
        columns: dict[str, Sequence[Any]] = {}
        for field in self.fields:
            for index, row in enumerate(rows, first):
                if row.get(field) is None:
                    fault = "Null" if field in row else "Missing"
                    raise RowError(index, ValueError(f"{fault} key field '{field}' in document"))
            indexes = range(first, first + len(rows))
            columns[field] = bind(self.table.c[field], [row[field] for row in rows], indexes, dialect)
        return columns

    def _checked(self, key: Row) -> Row:
        if not self.fields:
            self.fields = tuple(key)
            _check_unique(self.table, self.fields)
        if set(key) != set(self.fields):
            raise ValueError(f"key_func returned {', '.join(key)}, and {', '.join(self.fields)} for an earlier row")
        return key


def _check_unique(table: Table, fields: Sequence[str]) -> None:
    for field in fields:
        if field not in table.c:
            raise ValueError(f"'{table.name}' has no field '{field}' to be a key")
    if set(fields) not in _unique_sets(table):
        listed = ", ".join(f"'{field}'" for field in fields)
        name = "_".join(["uq", table.name, *fields])
        raise ValueError(f"Keys of '{table.name}' need a constraint: add UniqueConstraint({listed}, name='{name}')")


def _unique_sets(table: Table) -> Iterator[set[str]]:
    yield {column.key for column in table.primary_key.columns}
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield {column.key for column in constraint.columns}
    for index in table.indexes:
        if index.unique and _covers_whole_columns(index):
            yield {column.key for column in index.columns}


def _covers_whole_columns(index: Index) -> bool:
    partial = any(option.endswith("_where") for option in index.dialect_kwargs)
    return not partial and all(isinstance(expression, Column) for expression in index.expressions)
