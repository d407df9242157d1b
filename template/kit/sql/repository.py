"""The queries that all models share."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.pages import Page
from kit.sql.base import Base
from kit.sql.upsert.bulk import bulk_upsert
from kit.upserts import Rows, UpsertCounts

Model = TypeVar("Model", bound=Base)
Id = TypeVar("Id")


class BaseRepository(Generic[Model, Id]):
    """Create, read, change and delete the rows of one model; subclass it for further queries."""

    key_fields: ClassVar[Sequence[str]] = ()

    def __init__(self, model: type[Model], session: AsyncSession) -> None:
        self.model = model
        self.session = session

    async def create(self, **values: Any) -> Model:
        """Insert and return a row; the session turns a duplicate key into a `ConflictException`."""
        row = self.model(**values)
        self.session.add(row)
        await self.session.flush()
        return row

    async def get_by_id(self, id_: Id) -> Model | None:
        if self.session.identity_map:
            return await self.session.get(self.model, id_)  # which may have loaded it already
        return (await self.session.scalars(_by_id(self.model), {"id_": id_})).unique().one_or_none()

    async def update(self, id_: Id, **values: Any) -> Model | None:
        """Change fields of a row and return it, or `None` if it does not exist.

        Raises `TypeError` for an unknown field, and `ValueError` for the key, which cannot change.
        """
        self._check_fields(values)
        row = await self._locked(id_)
        if row:
            for name, value in values.items():
                setattr(row, name, value)
            await self.session.flush()
        return row

    async def delete(self, id_: Id) -> bool:
        """Delete a row, and return whether it existed."""
        row = await self._locked(id_)
        if row:
            await self.session.delete(row)
            await self.session.flush()
        return row is not None

    async def get_all(self, limit: int = 100, offset: int = 0) -> Sequence[Model]:
        """Return rows ordered by id. Prefer `get_page`: the database reads all rows before `offset`."""
        query = select(self.model).order_by(self.model.id).limit(limit).offset(offset)
        return (await self.session.scalars(query)).unique().all()

    async def get_page(
        self, after: Id | None, limit: int, *where: ColumnElement[bool], **equal: Any
    ) -> Page[Model, Id]:
        """Return the rows after an id, ordered by id. The ten-thousandth page costs as much as the first."""
        query = self._page(select(self.model), after, limit, where, equal)
        rows = (await self.session.scalars(query)).unique().all()
        last: Any = rows[limit - 1].id if len(rows) > limit else None
        return Page(rows[:limit], last)

    async def read_page(
        self, after: Id | None, limit: int, *where: ColumnElement[bool], **equal: Any
    ) -> Page[Mapping[str, Any], Id]:
        """Return the columns of rows as `get_page` does, in three fifths of its time: they do not become objects.

        The relationships and properties of the model are not among them.
        """
        query = self._page(_fields(self.model), after, limit, where, equal)
        rows = (await self.session.execute(query)).mappings().all()
        last: Any = rows[limit - 1]["id"] if len(rows) > limit else None
        return Page([dict(row) for row in rows[:limit]], last)

    async def count(self, *where: ColumnElement[bool], **equal: Any) -> int:
        query = select(func.count()).select_from(self.model).where(*where).filter_by(**equal)
        return (await self.session.execute(query)).scalar_one()

    def _page(
        self, query: Select[Any], after: Id | None, limit: int, where: Iterable[ColumnElement[bool]], equal: Any
    ) -> Select[Any]:
        query = query.where(*where).filter_by(**equal).order_by(self.model.id).limit(limit + 1)
        return query if after is None else query.where(self.model.id > after)

    async def _locked(self, id_: Id) -> Model | None:
        """Return a row as the database has it now, locked until this transaction ends."""
        await self.session.flush()
        # An object that the session has loaded before would keep its old values: a change back to them writes nothing.
        return await self.session.get(self.model, id_, with_for_update=True, populate_existing=True)

    def _check_fields(self, names: Iterable[str]) -> None:
        mapper = self.model.__mapper__
        for name in names:
            if name not in mapper.column_attrs:
                raise TypeError(f"{self.model.__name__} has no field '{name}'")
            if mapper.column_attrs[name].columns[0] in mapper.primary_key:
                raise ValueError(f"'{name}' is the key of {self.model.__name__} and cannot change")

    async def bulk_upsert(self, rows: Rows) -> UpsertCounts:
        """Insert the rows whose `key_fields` do not exist yet, and update the others."""
        return await bulk_upsert(self.session, collection=self.model, rows=rows, key_fields=self.key_fields)


@cache
def _by_id(model: type[Base]) -> Select[Any]:
    """Return a statement that is made once: making it takes a quarter of a read."""
    return select(model).where(model.id == bindparam("id_"))


@cache
def _fields(model: type[Base]) -> Any:  # a `Select` of as many types as there are fields
    fields = [each.key for each in model.__mapper__.column_attrs if not each.deferred]
    return select(*(getattr(model, name) for name in fields))
