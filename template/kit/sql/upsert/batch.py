"""What a database writes at once: rows with the same fields, in the order of their keys."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any, Protocol

from sqlalchemy import JSON, Column, ColumnElement, Table, Text, cast, false, or_


class Incoming(Protocol):
    """The columns of the row that could not be inserted."""

    def __getitem__(self, name: str, /) -> ColumnElement[Any]: ...


@dataclass(frozen=True)
class Batch:
    """The values to insert, by column, as the driver takes them; and what to do with the rows that are there."""

    table: Table
    keys: Sequence[str]
    columns: Mapping[str, Sequence[Any]]
    constants: Mapping[str, Any]  # what new rows start with, where that is the same for all of them
    fields: Sequence[str]  # what an update sets if it differs
    touched: Mapping[str, Any]  # what moves when a field has changed; `None` is for what the row itself brings

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
        """Give the rows as a statement binds them, which may also bind constants of its own."""
        constants = {**constants, **self.constants}
        values = (self.columns[name] if name in self.columns else repeat(constants[name]) for name in names)
        return list(zip(*values, strict=False))

    def changed(self, new: Incoming) -> ColumnElement[bool]:
        """Compare the row that is there with the new one."""
        differences = (_distinct(self.table.c[name], new[name]) for name in self.fields)
        return or_(false(), *differences)

    def moved(self, new: Incoming) -> dict[str, Any]:
        """Say to what the touched columns move."""
        return {name: new[name] if value is None else value for name, value in self.touched.items()}

    def updated(self, new: Incoming) -> dict[str, Any]:
        """Say what an update sets; it must set something, so without fields it sets the keys to what they are."""
        return {name: new[name] for name in self.fields or self.keys}


def _distinct(old: Column[Any], new: ColumnElement[Any]) -> ColumnElement[bool]:
    if isinstance(old.type, JSON):  # not every database can compare it
        return cast(old, Text).is_distinct_from(cast(new, Text))
    return old.is_distinct_from(new)
