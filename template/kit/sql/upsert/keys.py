"""The unique constraints that the keys of a bulk upsert need."""

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import ARRAY, JSON, Column, Index, Table, UniqueConstraint


def check_unique(table: Table, fields: Sequence[str]) -> None:
    """Raise `ValueError`, with the constraint to add, unless these fields are unique in the table."""
    for field in fields:
        if field not in table.c:
            raise ValueError(f"'{table.name}' has no field '{field}' to use as a key")
        if isinstance(table.c[field].type, (ARRAY, JSON)):
            raise ValueError(f"A key cannot be a list or a document, but '{field}' is")  # noqa: TRY004 - as above
    if not indexed(table, fields):
        listed = ", ".join(f"'{field}'" for field in fields)
        name = "_".join(["uq", table.name, *fields])
        raise ValueError(f"Keys of '{table.name}' must be unique; add UniqueConstraint({listed}, name='{name}')")


def indexed(table: Table, fields: Collection[str]) -> Sequence[str]:
    """Return these fields in the order in which the table keeps them unique, and none if it does not."""
    return next((names for names in _unique(table) if set(names) == set(fields)), ())


def _unique(table: Table) -> Iterator[list[str]]:
    yield [column.key for column in table.primary_key.columns]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield [column.key for column in constraint.columns]
    for index in table.indexes:
        if index.unique and _covers_whole_columns(index):
            yield [column.key for column in index.columns]


def _covers_whole_columns(index: Index) -> bool:
    partial = any(option.endswith("_where") for option in index.dialect_kwargs)
    return not partial and all(isinstance(expression, Column) for expression in index.expressions)
