"""One order for all writers of the same rows: two that lock them in different orders can deadlock."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from kit.sql.upsert.batch import Batch
from kit.sql.upsert.columns import is_null_by_default
from kit.sql.upsert.keys import indexed

Place = tuple[Batch, int]


def in_order(batches: Sequence[Batch]) -> Iterator[Batch]:
    """Yield batches that insert the new rows of all these and lock the existing ones, ordered by key."""
    names = indexed(batches[0].table, batches[0].keys)
    places: list[tuple[tuple[Any, ...], Place]] = []
    for batch in batches:
        keys = zip(*(batch.columns[name] for name in names), strict=True)
        places += [(key, (batch, index)) for index, key in enumerate(keys)]
    places.sort(key=itemgetter(0))
    for _, run in groupby((place for _, place in places), key=_defaulted):
        yield _joined(list(run))


def _joined(places: Sequence[Place]) -> Batch:
    batch, _ = places[0]
    names = dict.fromkeys(name for batch, _ in places for name in batch.names)
    columns = {name: [_value(*place, name) for place in places] for name in names}
    return Batch(batch.table, batch.keys, columns, constants={}, fields=(), touched={})


def _value(batch: Batch, index: int, name: str) -> Any:
    return batch.columns[name][index] if name in batch.columns else batch.constants.get(name)


def _defaulted(place: Place) -> frozenset[str]:
    """Return the fields of a row whose default is not null."""
    batch, _ = place
    return frozenset(name for name in batch.names if not is_null_by_default(batch.table.c[name]))
