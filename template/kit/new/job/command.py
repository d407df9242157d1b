"""Writes a job."""

import re
from datetime import timedelta
from pathlib import Path

import click

from kit.new.names import Noun, check
from kit.new.patterns import refuse_names_of, rendered
from kit.new.writing import write
from kit.scheduler.cron import Cron

HERE = Path(__file__).parent
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@click.command("job")
@click.argument("name")
@click.option("--every", metavar="INTERVAL", help="An interval, such as 30s, 15m, 1h or 1d.")
@click.option("--cron", metavar="LINE", help='A line of cron in UTC, such as "0 3 * * *".')
@click.option("--dry-run", is_flag=True, help="Only list what would be written.")
def command(name: str, every: str | None, cron: str | None, *, dry_run: bool) -> None:
    """Write a job to app/jobs, and its test.

    Without --every and --cron, it runs when your code calls its `start`.
    """
    if every is not None and cron is not None:
        raise click.UsageError("Use either --every or --cron.")
    refuse_names_of(_texts("qq", every, cron).values(), [check(name)])
    write(_texts(name, every, cron), dry_run=dry_run)
    if not dry_run:
        click.echo(f"Next:\n  uv run pytest tests/jobs/test_{name}.py")


def _texts(name: str, every: str | None, cron: str | None) -> dict[str, str]:
    return rendered(HERE, Noun(name, name).placeholders | _timetable(name, every, cron))


def _timetable(name: str, every: str | None, cron: str | None) -> dict[str, str]:
    """Return the arguments of the decorator, and how the test checks them."""
    if cron is not None:
        return _placeholders(name, f'cron="{_checked(cron)}"', "by_its_cron_line", cron)
    if every is not None:
        amount, unit = _parsed(every)
        interval = timedelta(**{unit: amount})
        return _placeholders(name, f"every=timedelta({unit}={amount})", "at_its_interval", f"every {interval}")
    return {"timetable": "", "when": "only_when_it_is_started", "expected": f"{name}.timetable is None"}


def _placeholders(name: str, timetable: str, when: str, text: str) -> dict[str, str]:
    return {"timetable": timetable, "when": when, "expected": f'str({name}.timetable) == "{text}"'}


def _checked(line: str) -> str:
    try:
        return str(Cron(line))
    except ValueError as error:
        raise click.UsageError(f"Use a --cron such as '0 3 * * *': {error}") from None


def _parsed(interval: str) -> tuple[int, str]:
    match = re.fullmatch(r"([1-9]\d{0,4})([smhd])", interval)
    if not match:
        raise click.UsageError(f"Use an --every such as 30s, 15m, 1h or 1d. '{interval}' is none.")
    return int(match[1]), UNITS[match[2]]
