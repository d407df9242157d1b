"""A session that only reads."""

from typing import Any, NoReturn

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session


class ReadSession(Session):
    """Refuses to write: its statements are not in a transaction, and may go to a replica."""


def refuse() -> NoReturn:
    raise RuntimeError("This session only reads; take SessionDep, or Database.session(), to write")


@event.listens_for(ReadSession, "before_flush")
def _refuse_flush(*_: Any) -> None:  # pyright: ignore[reportUnusedFunction] - the event calls it
    refuse()


@event.listens_for(ReadSession, "do_orm_execute")
def _refuse_statement(state: ORMExecuteState) -> None:  # pyright: ignore[reportUnusedFunction] - the event calls it
    if state.is_insert or state.is_update or state.is_delete:
        refuse()
