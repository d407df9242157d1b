"""Bulk upserts of values that a database would truncate, round or convert: they are stored exactly, or refused."""

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Interval,
    LargeBinary,
    Numeric,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from kit.sql import Database, bulk_upsert
from kit.testing.scratch_tables import Scratch, empty

pytestmark = pytest.mark.anyio


class Size(Enum):
    SMALL = 1


class Cents(TypeDecorator[float]):
    """Amounts of money that are stored as whole numbers."""

    impl = Numeric(12, 0)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Decimal | None:
        del dialect
        return None if value is None else Decimal(str(value)) * 100

    def process_result_value(self, value: Any, dialect: Dialect) -> float | None:
        del dialect
        return None if value is None else float(value / 100)


class Rounding(UserDefinedType[float]):
    """A type whose behaviour only the database knows."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "DECIMAL(10, 2)"


class Sample(Scratch):
    __tablename__ = "scratch_samples"
    __table_args__ = (UniqueConstraint("price", "kind"),)

    name: Mapped[str] = mapped_column(String(100), unique=True)
    kind: Mapped[int] = mapped_column(default=0)
    price: Mapped[Decimal | None] = mapped_column(Numeric(10, 2), unique=True)
    amount: Mapped[Decimal | None] = mapped_column(Numeric())
    measure: Mapped[Decimal | None] = mapped_column(Numeric(30, 10))
    cents: Mapped[float | None] = mapped_column(Cents)
    ratio: Mapped[float | None]
    flag: Mapped[bool | None]
    day: Mapped[date | None]
    moment: Mapped[datetime | None] = mapped_column(DateTime())
    hour: Mapped[time | None]
    span: Mapped[timedelta | None] = mapped_column(Interval)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    text: Mapped[str | None] = mapped_column(Text)
    document: Mapped[Any] = mapped_column(JSON, nullable=True)
    token: Mapped[UUID | None]
    size: Mapped[Size | None]
    rounded: Mapped[float | None] = mapped_column(Rounding)
    stock: Mapped[int] = mapped_column(server_default="5")
    label: Mapped[str | None] = mapped_column(String(9), default=func.lower("NEW"))


@pytest.fixture
async def samples(scratch: Database) -> Database:
    await empty(scratch)
    return scratch


async def upsert(database: Database, *rows: dict[str, Any], key_fields: tuple[str, ...] = ("name",)) -> list[int]:
    async with database.session() as session:
        counts = await bulk_upsert(session, collection=Sample, rows=rows, key_fields=key_fields)
    return [counts["matched"], counts["modified"], counts["upserted"]]


async def read(database: Database, field: str) -> list[Any]:
    async with database.read_session() as session:
        return list((await session.scalars(select(getattr(Sample, field)).order_by(Sample.name))).all())


NAN, INFINITY = float("nan"), float("inf")
AWARE = datetime(2020, 5, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", Decimal("1.2345")),
        ("price", 1.005),
        ("price", Decimal("NaN")),
        ("price", INFINITY),
        ("price", True),
        ("price", 10**8),
        ("kind", True),
        ("kind", 1.0),
        ("ratio", NAN),
        ("ratio", INFINITY),
        ("ratio", 2**53 + 1),
        ("ratio", False),
        ("flag", 1),
        ("day", AWARE),
        ("day", "2020-05-05"),
        ("moment", date(2020, 5, 5)),
        ("moment", AWARE),
        ("hour", time(1, tzinfo=UTC)),
        ("hour", timedelta(hours=1)),
        ("span", 5),
        ("content", "text"),
        ("content", [1]),
        ("text", b"bytes"),
        ("text", "a\0b"),
        ("document", {"a": NAN}),
        ("document", {1: "a"}),
        ("document", {"a": (1, 2)}),
        ("document", ["a\0b"]),
        ("document", ["\ud800"]),
        ("token", "00000000-0000-0000-0000-000000000000"),
        ("size", "LARGE"),
        ("cents", 0.001),
    ],
)
async def test_a_value_that_its_column_would_change_is_refused(samples: Database, field: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"'{field}' in row 1: ") as error:
        await upsert(samples, {"name": "a"}, {"name": "b", field: value})
    assert error.value.__notes__ == ["in row 1"]
    assert await read(samples, "name") == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", Decimal("99999999.99")),
        ("price", Decimal("1.5000")),
        ("price", -0.5),
        ("price", 3),
        ("ratio", 0.1),
        ("ratio", 7),
        ("ratio", Decimal("0.5")),
        ("flag", True),
        ("day", date(2020, 2, 29)),
        ("moment", datetime(2020, 5, 5, 12, 30, 1)),  # noqa: DTZ001 - it has none in this column
        ("hour", time(23, 59, 59)),
        ("span", timedelta(days=-3, seconds=7)),
        ("content", b"\0\xff\\x"),
        ("content", bytearray(b"a")),
        ("text", "\\N'\"\U0001f600 %s :a"),
        ("document", {"a": [1, None, 0.5, "\\u0000", "é"]}),
        ("token", UUID(int=7)),
        ("size", Size.SMALL),
        ("cents", 1.07),
    ],
)
async def test_a_value_that_fits_comes_back_and_then_matches(samples: Database, field: str, value: Any) -> None:
    row = {"name": "a", field: value}
    assert await upsert(samples, row, {"name": "b"}) == [0, 0, 2]
    assert await upsert(samples, row, {"name": "b"}) == [2, 0, 0]
    assert (await read(samples, field))[0] == value
    assert await upsert(samples, {"name": "a", field: None}) == [1, 1, 0]


@pytest.mark.parametrize("field", ["amount", "measure"])
@pytest.mark.parametrize("text", ["7", "1.5", "12345678901", "0.0000000001", "12345678901234567890.0123456789"])
async def test_a_number_comes_back_or_is_refused_where_databases_differ(
    samples: Database, field: str, text: str
) -> None:
    row: dict[str, Any] = {"name": "a", field: Decimal(text)}
    try:
        await upsert(samples, row)
    except ValueError as error:
        assert f"'{field}' in row 0" in str(error)  # noqa: PT017 - it may also succeed
        assert await read(samples, field) == []
    else:
        assert await read(samples, field) == [Decimal(text)]


async def test_numbers_that_are_the_same_are_the_same_key(samples: Database) -> None:
    prices = [Decimal("0.10"), 0.1, Decimal("0.1")]
    rows = [{"name": f"{number}", "price": price} for number, price in enumerate(prices)]
    assert await upsert(samples, *rows, key_fields=("price",)) == [0, 0, 1]
    assert await read(samples, "name") == ["2"]


async def test_a_key_with_more_decimals_than_its_column_is_refused(samples: Database) -> None:
    rows = [{"name": "a", "price": Decimal("1.50")}, {"name": "b", "price": Decimal("1.501")}]
    with pytest.raises(ValueError, match=r"'price' in row 1: more than 2 decimals"):
        await upsert(samples, *rows, key_fields=("price",))


async def test_a_document_cannot_be_a_key(samples: Database) -> None:
    with pytest.raises(ValueError, match="A key cannot be a list or a document"):
        await upsert(samples, {"name": "a", "document": json.dumps({})}, key_fields=("document",))


async def test_rows_that_the_database_warns_of_are_counted_too(samples: Database) -> None:
    rows = [{"name": name, "rounded": 1.2345} for name in "ab"]
    assert await upsert(samples, *rows) == [0, 0, 2]
    assert (await upsert(samples, *rows, {"name": "c"}))[2] == 1


async def test_new_rows_with_different_fields_have_their_own_defaults(samples: Database) -> None:
    given: list[dict[str, Any]] = [{}, {"stock": 1}, {"kind": 7}, {"label": "x"}, {"stock": 2, "kind": 8}, {}]
    rows = [{"name": f"{number}", **fields} for number, fields in enumerate(given)]
    assert await upsert(samples, *rows) == [0, 0, 6]
    assert await read(samples, "stock") == [5, 1, 5, 5, 2, 5]
    assert await read(samples, "kind") == [0, 0, 7, 0, 8, 0]
    assert await read(samples, "label") == ["new", "new", "new", "x", "new", "new"]
    assert await upsert(samples, *rows, {"name": "1", "stock": 3}, {"name": "6", "kind": 1}) == [6, 1, 1]
