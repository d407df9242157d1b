"""Batches, which a database writes at once: rows with the same fields, ordered by key."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any, Protocol

from sqlalchemy import JSON, Column, ColumnElement, Table, Text, cast, false, or_


class Incoming(Protocol):
    """The columns of a new row whose key exists already."""

    def __getitem__(self, name: str, /) -> ColumnElement[Any]: ...


@dataclass(frozen=True)
class Batch:
    """The values to insert, by column and in the driver's form, and what to update in rows that exist already."""

    table: Table
    keys: Sequence[str]
    columns: Mapping[str, Sequence[Any]]
    constants: Mapping[str, Any]  # initial values that all new rows share
    fields: Sequence[str]  # columns that an update sets if they differ
    touched: Mapping[str, Any]  # columns that change with any field; `None` takes the row's own value

    def __len__(self) -> int:
        return len(self.columns[self.keys[0]])

    def parts(self, size: int) -> "Iterator[Batch]":
        for start in range(0, len(self), size):
            part = {name: values[start : start + size] for name, values in self.columns.items()}
            yield replace(self, columns=part)

    @property
    def names(self) -> list[str]:
        return [*self.columns, *self.constants]

    def rows(self, names: Iterable[str], constants: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows as a statement binds them: these names in order, with the statement's own constants."""
        constants = {**constants, **self.constants}
        values = (self.columns[name] if name in self.columns else repeat(constants[name]) for name in names)
        return list(zip(*values, strict=False))

    def changed(self, new: Incoming) -> ColumnElement[bool]:
        """Return the condition that the existing row differs from the new one."""
        differences = (_distinct(self.table.c[name], new[name]) for name in self.fields)
        return or_(false(), *differences)

    def moved(self, new: Incoming) -> dict[str, Any]:
        """Return the new values of the touched columns."""
        return {name: new[name] if value is None else value for name, value in self.touched.items()}

    def updated(self, new: Incoming) -> dict[str, Any]:
        """Return what an update sets. It must set something: without fields, it sets the keys to the same values."""
        return {name: new[name] for name in self.fields or self.keys}


def _distinct(old: Column[Any], new: ColumnElement[Any]) -> ColumnElement[bool]:
    if isinstance(old.type, JSON):  # not every database can compare it
        return cast(old, Text).is_distinct_from(cast(new, Text))
    return old.is_distinct_from(new)
