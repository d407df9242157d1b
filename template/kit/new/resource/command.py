"""Writes a resource."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

import click

from kit.discovery import PROJECT_FOLDER, ROOTS
from kit.new.names import Noun, noun
from kit.new.patterns import refuse_names_of, rendered
from kit.new.resource.fields import Field, parse
from kit.new.resource.kinds import KINDS, STORED
from kit.new.resource.lines import placeholders
from kit.new.writing import write

HERE = Path(__file__).parent


@click.command(
    "resource",
    epilog=f"Types: {', '.join(KINDS)}. Example: orders number:str:unique total:decimal due:date? note:text=",
)
@click.argument("plural")
@click.argument("fields", nargs=-1)
@click.option("--singular", help="One of them, where the plural is not regular, as in people: person.")
@click.option("--dry-run", is_flag=True, help="Only list what would be written.")
def command(plural: str, fields: tuple[str, ...], singular: str | None, *, dry_run: bool) -> None:
    """Write a resource with these FIELDS to app/api/v1, and its tests.

    A field is name:type. Then ? lets it be null, :unique allows each value once, and =value is its default.
    """
    name = noun(plural, singular)
    parsed = parse(fields)
    _refuse_taken(name)
    parts = {part for field in parsed for part in field.parts}
    refuse_names_of(_texts(Noun("qq", "qqs"), parsed, parts).values(), name.placeholders.values())
    write(_texts(name, parsed, parts), dry_run=dry_run)
    if not dry_run:
        click.echo((HERE / "next.txt").read_text("utf-8").replace("$things", name.plural), nl=False)


def _texts(name: Noun, fields: Sequence[Field], parts: Collection[str]) -> dict[str, str]:
    return rendered(HERE, name.placeholders | placeholders(name, fields), parts)


def _refuse_taken(name: Noun) -> None:
    """Refuse a resource with the path of a module, or with the name of another one in the storage."""
    if (PROJECT_FOLDER / (module := f"app/api/v1/{name.plural}.py")).exists():
        raise click.ClickException(f"Use another name: {module} exists already.")
    stored = re.compile(STORED["name"].format(re.escape(name.plural)))
    for root in ROOTS:
        for path in root.rglob("*.py"):
            if stored.search(path.read_text("utf-8")):
                raise click.ClickException(f"Use another name: {path.relative_to(root.parent)} stores '{name.plural}'.")
