"""`python -m kit new task`."""

from pathlib import Path

import pytest

from kit.tests.new.conftest import Make, written


def test_a_task_has_its_arguments_and_its_test(project: Path, make: Make) -> None:
    result = make("task", "send_invoice", "paid:bool=true", "order_id:uuid", "due:date?", "total:decimal=1.5")
    assert result.exit_code == 0, result.output
    module = (project / "app/jobs/send_invoice.py").read_text("utf-8")
    for line in (
        "paid: bool = True",
        "order_id: UUID",
        "due: date | None = None",
        'total: Decimal = Decimal("1.5000")',
    ):
        assert line in module
    test = (project / "tests/jobs/test_send_invoice.py").read_text("utf-8")
    assert "await send_invoice.defer(" in test
    assert "order_id=uuid4()" in test
    assert "await send_invoice.defer(session, paid=…, order_id=…, due=…, total=…)" in result.stdout


def test_a_task_without_arguments_has_only_its_run(project: Path, make: Make) -> None:
    assert make("task", "clean_up").exit_code == 0
    assert "async def clean_up(run: TaskRun) -> None:" in (project / "app/jobs/clean_up.py").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("send-invoice",), "send_invoice"),
        (("task",), "needs 'task' itself"),
        (("a", "log:str"), "needs 'log' itself"),
        (("a", "run:str"), "needs 'run' itself"),
        (("a", "date:date"), "needs 'date' itself"),
        (("a", "delay:int"), "its_delay"),
        (("a", "event:str"), "its_event"),
        (("a", "id:int"), "my_id"),
        (("a", "a:int"), "two of 'a'"),
        (("a", "b:int", "b:str"), "two of 'b'"),
        (("a", "order"), "order_id:uuid"),
        (("a", "order:money"), "decimal"),
        (("a", "order:int=many"), "whole number"),
        (("a", "day:date=2030-01-31"), "write ? instead"),
        (("a", "order:int?=1"), "either"),
        (("a", "b:int", "c:int", "d:int", "e:int", "f:int"), "at most 4"),
    ],
)
def test_a_wrong_task_is_refused_and_nothing_is_written(
    project: Path, make: Make, arguments: tuple[str, ...], said: str
) -> None:
    result = make("task", *arguments)
    assert (result.exit_code != 0, written(project)) == (True, [])
    assert said in result.stderr


def test_a_task_that_exists_is_refused_and_a_dry_run_writes_nothing(project: Path, make: Make) -> None:
    assert make("task", "send_invoice", "--dry-run").exit_code == 0
    assert written(project) == []
    assert make("task", "send_invoice").exit_code == 0
    assert "exists already" in make("task", "send_invoice").stderr
