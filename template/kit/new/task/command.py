"""Writes a task."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from kit.new.defaults import literal
from kit.new.names import Noun, check
from kit.new.patterns import refuse_names_of, rendered
from kit.new.writing import write
from kit.tasks.signature import RESERVED

HERE = Path(__file__).parent
ARGUMENT = re.compile(r"([^:]+):(\w*)(\?)?(?:=(.*))?", re.DOTALL)
EXAMPLE = "order_id:uuid, total:decimal or note:str?"
MAX_ARGUMENTS = 4  # with the run, as many as ruff allows a function
OF_THE_LOG = {"event", "exc_info", "stack_info"}
# The type in Python, and a value for the test.
KINDS = {
    "str": ("str", '"one"'),
    "int": ("int", "1"),
    "float": ("float", "0.5"),
    "decimal": ("Decimal", 'Decimal("1.50")'),
    "bool": ("bool", "True"),
    "date": ("date", "date(2030, 1, 31)"),
    "datetime": ("datetime", "datetime(2030, 1, 31, 12, tzinfo=UTC)"),
    "uuid": ("UUID", "uuid4()"),
}


@dataclass(frozen=True)
class Argument:
    """An argument of a task, which is null or has its default in Python if a caller does not give it."""

    name: str
    kind: str
    is_null: bool
    default: str | None

    @property
    def parameter(self) -> str:
        default = "None" if self.is_null else self.default
        return f"{self.name}: {KINDS[self.kind][0]}{' | None' * self.is_null}{f' = {default}' if default else ''}"

    @property
    def given(self) -> str:
        return f"{self.name}={KINDS[self.kind][1]}"


@click.command("task", epilog=f"Types: {', '.join(KINDS)}. Example: send_invoice order_id:uuid copies:int=1 note:str?")
@click.argument("name")
@click.argument("arguments", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Only list what would be written.")
def command(name: str, arguments: tuple[str, ...], *, dry_run: bool) -> None:
    """Write a task to app/jobs, and its test.

    An argument is name:type. Then ? lets it be missing, and =value is its default.
    """
    parsed = _parsed(check(name), arguments)
    neutral = [Argument(f"qq{number}", each.kind, each.is_null, each.default) for number, each in enumerate(parsed)]
    texts = _texts("qq", neutral)
    refuse_names_of(texts.values(), [name])
    refuse_names_of([texts["app/jobs/qq.py"]], [each.name for each in parsed])  # the test only gives them
    write(_texts(name, parsed), dry_run=dry_run)
    if not dry_run:
        given = ", ".join(["session", *(f"{each.name}=…" for each in parsed)])
        click.echo(f"Next:\n  uv run pytest tests/jobs/test_{name}.py\nIn a route:\n  await {name}.defer({given})")


def _texts(name: str, arguments: Sequence[Argument]) -> dict[str, str]:
    placeholders = {
        "parameters": "".join(f", {each.parameter}" for each in arguments).replace(", ", ", *, ", 1),
        "logged": "".join(f", {each.name}={each.name}" for each in arguments),
        "given": "".join(f", {each.given}" for each in arguments),
    }
    return rendered(HERE, Noun(name, name).placeholders | placeholders)


def _parsed(task: str, texts: Sequence[str]) -> list[Argument]:
    arguments = [_argument(text) for text in texts]
    names = [task, *(each.name for each in arguments)]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise click.UsageError(f"Use each name once, for the task or for an argument. There are two of '{twice}'.")
    if len(arguments) > MAX_ARGUMENTS:
        raise click.UsageError(f"Name at most {MAX_ARGUMENTS} arguments: store the data, and give the task its id.")
    return arguments


def _argument(text: str) -> Argument:
    match = ARGUMENT.fullmatch(text)
    if not match:
        raise click.UsageError(f"Write an argument like {EXAMPLE}. '{text}' is none.")
    name, kind, null, default = match.groups()
    if check(name) in RESERVED | OF_THE_LOG:
        raise click.UsageError(f"Use a name such as its_{name}. '{name}' already means something in a task.")
    if kind not in KINDS:
        raise click.UsageError(f"Use one of the types {', '.join(KINDS)}. '{text}' has '{kind}'.")
    if null and default is not None:
        raise click.UsageError(f"Write either ? or a default. '{text}' has both.")
    return Argument(name, kind, bool(null), literal(kind, default, text))
