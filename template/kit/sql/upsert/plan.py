"""The way from rows to batches: check the rows, keep one of each key, and group those with the same fields."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Table

from kit.sql.upsert.batch import Batch
from kit.sql.upsert.columns import bind, default_values, needs_a_value, value_on_update
from kit.sql.upsert.keys import indexed
from kit.upserts import Keys, Row, RowError

Columns = dict[str, Sequence[Any]]


@dataclass(frozen=True)
class Plan:
    """The parts of a call that are the same for all rows."""

    table: Table
    keys: Keys
    set_on_insert: Row
    dialect: Dialect

    def batches(self, rows: Sequence[Row], first: int) -> Sequence[Batch]:
        """Check the rows, and return batches with the same fields each; `first` is the index of the first row."""
        rows = self.keys.complete(rows, first)
        keys = self._bind_keys(rows, first)
        # A single field needs no tuple: a hundred thousand of them are work for the garbage collector.
        column, *others = (keys[name] for name in indexed(self.table, keys))
        identities = list(zip(column, *others, strict=True)) if others else column
        last = {key: position for position, key in enumerate(identities)}
        groups: defaultdict[frozenset[str], list[int]] = defaultdict(list)
        for key in sorted(last):  # all writers of the same rows use the same order
            groups[frozenset(rows[last[key]])].append(last[key])
        return [self._batch(rows, keys, positions, first) for positions in groups.values()]

    def _bind_keys(self, rows: Sequence[Row], first: int) -> Columns:
        indexes = range(first, first + len(rows))
        return {
            field: bind(self.table.c[field], [row[field] for row in rows], indexes, self.dialect)
            for field in self.keys.fields
        }

    def _batch(self, rows: Sequence[Row], keys: Columns, positions: Sequence[int], first: int) -> Batch:
        indexes = [first + position for position in positions]
        fields = self._fields(rows[positions[0]], indexes[0])
        columns: Columns = {name: [values[position] for position in positions] for name, values in keys.items()}
        for field in fields:
            values = [rows[position][field] for position in positions]
            columns[field] = bind(self.table.c[field], values, indexes, self.dialect)
        first_values = dict(self._first_values(columns.keys(), indexes))
        constants = {name: values[0] for name, values in first_values.items() if len(values) == 1}
        columns |= {name: values for name, values in first_values.items() if len(values) > 1}
        touched = self._touched(fields)
        fields = [field for field in fields if field not in touched]
        return Batch(self.table, self.keys.fields, columns, constants, fields, touched)

    def _fields(self, row: Row, index: int) -> Sequence[str]:
        names = [name for name in row if name not in {"_id", "id", *self.keys.fields}]
        for name in [*self.keys.fields, *names]:
            if name not in self.table.c.keys():  # noqa: SIM118 - .keys() accepts any name
                raise RowError(index, ValueError(f"'{self.table.name}' has no field '{name}'"))
            if name in self.set_on_insert:
                raise RowError(index, ValueError(f"Field '{name}' is both in the row and in set_on_insert"))
        return names

    def _first_values(self, given: Collection[str], indexes: Sequence[int]) -> Iterator[tuple[str, Sequence[Any]]]:
        for column in self.table.c:
            if column.key in given:
                continue
            if column.key in self.set_on_insert:
                yield column.key, bind(column, [self.set_on_insert[column.key]], indexes[:1], self.dialect)
            elif values := default_values(column, len(indexes), self.dialect):
                yield column.key, values
            elif needs_a_value(column):
                error = ValueError(f"Missing field '{column.key}' in document: it has no default and cannot be null")
                raise RowError(indexes[0], error)

    def _touched(self, fields: Collection[str]) -> dict[str, Any]:
        return {
            column.key: None if column.key in fields else value_on_update(column, self.dialect)
            for column in self.table.c
            if column.onupdate
        }
