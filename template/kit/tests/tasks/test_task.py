"""How tasks are declared and found, and what their arguments may be."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from pydantic import AfterValidator, BaseModel, Field, SecretStr

from kit.tasks import Task, TaskError, TaskRun, task
from kit.tasks.registry import find_tasks
from kit.tasks.signature import MAX_BYTES, ArgumentsError, Signature
from kit.tests.trial import write_package

pytestmark = pytest.mark.anyio
SEND = """
    from kit.tasks import TaskRun, task

    @task({options})
    async def send(run: TaskRun, order_id: int) -> None:
        '''Send it.'''
"""
JOB = """
    from kit.scheduler import job

    @job(id="send")
    async def send(app):
        '''Send it.'''
"""


class Address(BaseModel):
    street: str


class Account(BaseModel):
    password: SecretStr


def broken(_value: str) -> str:
    raise TypeError("secret")


def write_tasks(folder: Path, monkeypatch: pytest.MonkeyPatch, **options: str) -> str:
    files = {f"jobs/{name}.py": SEND.format(options=each) for name, each in options.items()}
    return write_package(folder, monkeypatch, files)


def test_tasks_are_found_beside_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = write_tasks(tmp_path, monkeypatch, a="", b="retries=0")
    found = find_tasks()
    assert list(found) == [f"{package}.jobs.a", f"{package}.jobs.b"]
    assert [each.retries for each in found.values()] == [5, 0]


def test_two_tasks_with_one_id_are_refused_with_both_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tasks(tmp_path, monkeypatch, a="id='send'", b="id='send'")
    with pytest.raises(TaskError, match=r"jobs/b\.py: the task in .*jobs/a\.py has the id 'send' too"):
        find_tasks()


def test_a_task_and_a_job_with_one_id_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_package(tmp_path, monkeypatch, {"jobs/a.py": SEND.format(options="id='send'"), "jobs/b.py": JOB})
    with pytest.raises(TaskError, match=r"jobs/a\.py: a job has the id 'send' too"):
        find_tasks()


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ("retries=-1", "retries must be between 0 and 100"),
        ("retries=101", "retries must be between 0 and 100"),
        ("timeout=__import__('datetime').timedelta(0)", "timeout must be positive"),
        ("id='../send'", "not a valid id"),
        ("loggable=['order']", "loggable has order, which is no argument"),
    ],
)
def test_an_invalid_task_is_refused_with_its_file(
    options: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = write_tasks(tmp_path, monkeypatch, send=options)
    with pytest.raises(TaskError, match=rf"{package}/jobs/send\.py: .*{fault}"):
        find_tasks()


async def without_run() -> None: ...
async def with_delay(run: TaskRun, delay: int) -> None: ...
async def without_type(run: TaskRun, number) -> None: ...  # pyright: ignore # noqa: ANN001, PGH003
async def with_list(run: TaskRun, *numbers: int) -> None: ...
def no_coroutine(run: TaskRun) -> None: ...
async def with_application(run: TaskRun, app: FastAPI) -> None: ...
async def with_secret(run: TaskRun, account: Account) -> None: ...


FAULTY: list[tuple[Any, str]] = [
    (without_run, "the first parameter of a task is its run"),
    (with_delay, "the name delay belongs to `defer`"),
    (without_type, "the argument number has no type"),
    (with_list, "the parameter numbers must have a name"),
    (with_application, "an argument cannot be stored as JSON"),
    (with_secret, "a secret is stored as asterisks"),
    (no_coroutine, "a task must be an `async def`"),
]


@pytest.mark.parametrize(("work", "fault"), FAULTY)
def test_a_function_that_cannot_be_a_task_is_refused(work: Any, fault: str) -> None:
    with pytest.raises(TaskError, match=fault):
        task(id="work")(work)


async def everything(  # noqa: PLR0913, PLR0917 - each is of a kind of its own
    run: TaskRun,
    order_id: UUID,
    at: datetime,
    price: Decimal,
    address: Address,
    schema: Annotated[int, Field(gt=0)],
    limit: float | None,
    model_dump: str | None = None,
) -> None: ...


def test_arguments_come_back_as_they_were() -> None:
    arguments = {
        "order_id": UUID(int=7),
        "at": datetime.fromisoformat("2026-11-27T12:00:00+01:00"),
        "price": Decimal("19.90"),
        "address": Address(street="Main\x00 \N{BLACK HEART SUIT}"),
        "schema": 3,
        "limit": float("inf"),
    }
    signature = Signature(everything)
    assert signature.load(signature.dump(arguments)) == arguments | {"model_dump": None}


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({}, "number: Field required"),
        ({"number": "secret"}, "number: Input should be a valid integer"),
        ({"number": 0}, "number: Input should be greater than 0"),
        ({"number": 1, "other": "secret"}, "other: Extra inputs are not permitted"),
        ({"number": 1, "text": "x" * MAX_BYTES}, f"they have more than {MAX_BYTES} bytes"),
        ({"number": 1, "text": "secret\ud800"}, "they cannot be stored as JSON"),
        ({"number": 1, "pairs": {(1, 2): 3}}, "pairs.1,2.* should be a valid array"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_without_their_values(arguments: dict[str, object], fault: str) -> None:
    async def work(
        run: TaskRun,
        number: Annotated[int, Field(gt=0)],
        text: str = "",
        pairs: dict[tuple[int, int], int] = {},  # noqa: B006 - nobody changes it
    ) -> None: ...

    with pytest.raises(ArgumentsError, match=fault) as refused:
        Signature(work).dump(arguments)
    assert "secret" not in str(refused.value)


def test_a_validator_that_is_wrong_refuses_the_arguments() -> None:
    async def work(run: TaskRun, text: Annotated[str, AfterValidator(broken)]) -> None: ...

    with pytest.raises(ArgumentsError, match="a validator has raised TypeError"):
        Signature(work).load('{"text": "x"}')


async def test_a_task_that_is_called_does_its_work_at_once() -> None:
    seen: list[tuple[FastAPI, int, bool]] = []

    @task(timeout=timedelta(seconds=1))
    async def note(run: TaskRun, number: int) -> None:
        seen.append((run.app, number, run.is_last))

    app = FastAPI()
    await note(app, number=7)
    assert seen == [(app, 7, True)]
    assert isinstance(note, Task)
    assert note.id == __name__


async def test_wrong_arguments_are_refused_where_the_task_is_deferred() -> None:
    @task()
    async def note(run: TaskRun, number: int) -> None: ...

    with pytest.raises(TypeError, match=f"{__name__}: number: Field required"):
        await note.defer(object())


@pytest.mark.parametrize("delay", [60, timedelta.max])
async def test_a_delay_without_a_time_is_refused_where_the_task_is_deferred(delay: Any) -> None:
    @task()
    async def note(run: TaskRun) -> None: ...

    with pytest.raises(TypeError, match=f"{__name__}: the delay must be a timedelta that ends before the year 10000"):
        await note.defer(object(), delay=delay)
