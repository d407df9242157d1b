"""What bulk upserts share on all databases: rows, keys, counts and errors."""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypedDict

Row = Mapping[str, Any]
Rows = Iterable[Row] | AsyncIterable[Row]
KeyFunction = Callable[[Row], Row]


class UpsertCounts(TypedDict):
    """How many rows existed already, how many of those changed, and how many are new."""

    matched: int
    modified: int
    upserted: int


class BulkUpsertError(ValueError):
    """A row of an iterator was refused: `index` is its position, and `counts` is what was written before."""

    def __init__(self, error: Exception, index: int, counts: UpsertCounts) -> None:
        so_far = ", ".join(f"{count} {name}" for name, count in counts.items())
        super().__init__(f"{error} (row {index}; so far {so_far})")
        self.index = index
        self.counts = counts


class RowError(Exception):
    """An error with the index of its row."""

    def __init__(self, index: int, error: Exception) -> None:
        super().__init__(index, error)
        self.index = index
        self.error = error


class Keys:
    """The names of the key fields: those of the caller, or those that `key_func` returns for a row.

    `check` raises `ValueError` for fields that are not unique in the database.
    """

    def __init__(
        self, fields: Sequence[str] | None, key_func: KeyFunction | None, check: Callable[[Sequence[str]], None]
    ) -> None:
        if bool(fields) == bool(key_func):
            raise ValueError("Pass either key_fields or key_func")
        if isinstance(fields, str):
            raise ValueError(f"key_fields must be a list; write it like ['{fields}']")  # noqa: TRY004 - as other faults
        self.key_func = key_func
        self.fields = tuple(fields or ())
        self._check = check
        if fields:
            check(self.fields)

    def complete(self, rows: Sequence[Row], first: int) -> Sequence[Row]:
        """Return the rows with the key that `key_func` returns for each; `first` is the index of the first row."""
        completed: list[Row] = []
        for index, row in enumerate(rows, first):
            _check_mapping(row, index)
            try:
                completed.append({**row, **self._checked(self.key_func(row))} if self.key_func else row)
            except Exception as error:
                raise RowError(index, error) from error
            for field in self.fields:
                if completed[-1].get(field) is None:
                    fault = "Null" if field in completed[-1] else "Missing"
                    raise RowError(index, ValueError(f"{fault} key field '{field}' in document"))
        return completed

    def _checked(self, key: Row) -> Row:
        if not self.fields:
            self._check(tuple(key))
            self.fields = tuple(key)
        if set(key) != set(self.fields):
            given, before = ", ".join(key), ", ".join(self.fields)
            raise ValueError(f"key_func returned {given}, but {before} for an earlier row; return the same fields")
        return key


async def in_parts(rows: Rows, size: int) -> AsyncIterator[Sequence[Row]]:
    """Yield a list as a whole, unless it is empty, and an iterator in parts; raise `ValueError` for a size below 1."""
    if size < 1:
        raise ValueError(f"batch_size is {size}; it must be at least 1")
    if isinstance(rows, Mapping):
        raise ValueError("rows is a single row; write it like [row]")  # noqa: TRY004 - as above
    if isinstance(rows, Sequence):
        if rows:
            yield rows
    elif isinstance(rows, Iterable):
        iterator = iter(rows)
        while part := list(islice(iterator, size)):
            yield part
    else:
        part: list[Row] = []
        async for row in rows:
            part.append(row)
            if len(part) == size:
                yield part
                part = []
        if part:
            yield part


def _check_mapping(row: object, index: int) -> None:
    if not isinstance(row, Mapping):
        raise RowError(index, ValueError(f"A row must be a mapping of fields to values, not a {type(row).__name__}"))


def add_counts(counts: UpsertCounts, more: UpsertCounts) -> None:
    counts["matched"] += more["matched"]
    counts["modified"] += more["modified"]
    counts["upserted"] += more["upserted"]


@contextmanager
def naming_rows(rows: Rows, counts: UpsertCounts) -> Generator[None]:
    """Raise the error of a row of a list with a note that names the row, and of an iterator as `BulkUpsertError`."""
    try:
        yield
    except RowError as error:
        if isinstance(rows, Sequence):
            error.error.add_note(f"in row {error.index}")
            raise error.error from error.error.__cause__
        raise BulkUpsertError(error.error, error.index, counts) from error.error
