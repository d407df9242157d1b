"""Writes a class of settings."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from kit.new.defaults import literal
from kit.new.names import check, class_name
from kit.new.patterns import rendered
from kit.new.writing import write
from kit.settings.reading import settings_classes
from kit.settings.sources import BaseSettings

HERE = Path(__file__).parent
SETTING = re.compile(r"([^:]+):(\w*)(\?)?(?:=(.*))?", re.DOTALL)
EXAMPLE = "free_from:int=50, carrier:str or carrier_key:secret?"
# The type in Python, a value in the environment, and how a test compares it.
KINDS = {
    "str": ("str", "one", '== "one"'),
    "int": ("int", "2", "== 2"),
    "float": ("float", "2.5", "== 2.5"),
    "bool": ("bool", "true", "is True"),
    "secret": ("SecretStr", "one", '== SecretStr("one")'),
}


@dataclass(frozen=True)
class Setting:
    """A setting, with its name in the environment."""

    name: str
    variable: str
    kind: str
    is_null: bool
    default: str | None
    text: str
    """The default as it is written in the environment."""

    @property
    def is_required(self) -> bool:
        return self.default is None and not self.is_null

    @property
    def line(self) -> str:
        default = "None" if self.is_null else self.default
        return f"{self.name}: {KINDS[self.kind][0]}{' | None' * self.is_null}{f' = {default}' if default else ''}"


@click.command("setting", epilog=f"Types: {', '.join(KINDS)}. Example: shipping free_from:int=50 carrier_key:secret?")
@click.argument("prefix")
@click.argument("settings", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Only list what would be written.")
def command(prefix: str, settings: tuple[str, ...], *, dry_run: bool) -> None:
    """Write settings with this PREFIX to app/api/v1, and a test.

    A setting is name:type. Then ? lets it be missing, and =value is its default.
    """
    parsed = _parsed(check(prefix), settings)
    examples = "".join(f"# {each.variable}={each.text}\n" for each in parsed)
    for_tests = "".join(f"{each.variable}={KINDS[each.kind][1]}\n" for each in parsed if each.is_required)
    added = {".env.example": f"\n{examples}", "tests/settings.env": for_tests}
    write(
        rendered(HERE, _placeholders(prefix, parsed)),
        {name: text for name, text in added.items() if text},
        dry_run=dry_run,
    )
    if not dry_run:
        click.echo("Next, add to the table at the end of README.md:")
        for each in parsed:
            click.echo(f"  | `{each.variable}` | {f'`{each.text}`' if each.default else ''} | what it is for |")
        click.echo(f"Then:\n  uv run pytest tests/api/v1/{prefix}\n  uv run python -m app doctor")


def _placeholders(prefix: str, settings: Sequence[Setting]) -> dict[str, str]:
    values = [(each, *KINDS[each.kind][1:]) for each in settings]
    return {
        "thing": prefix,
        "things": prefix,
        "Things": class_name(prefix),
        "THINGS": prefix.upper(),
        "fields": "\n    ".join(each.line for each in settings),
        "given": "\n    ".join(f'monkeypatch.setenv("{each.variable}", "{given}")' for each, given, _ in values),
        "expected": "\n    ".join(f"assert settings.{each.name} {is_so}" for each, _, is_so in values),
    }


def _parsed(prefix: str, texts: Sequence[str]) -> list[Setting]:
    if not texts:
        raise click.UsageError(f"Name at least one setting, such as {EXAMPLE}.")
    settings = [_setting(prefix, text) for text in texts]
    taken = {*_variables()}
    for each in settings:
        if each.variable in taken:
            raise click.UsageError(f"Use another prefix or name: there is a setting {each.variable} already.")
        taken.add(each.variable)
    return settings


def _setting(prefix: str, text: str) -> Setting:
    match = SETTING.fullmatch(text)
    if not match:
        raise click.UsageError(f"Write a setting like {EXAMPLE}. '{text}' is none.")
    name, kind, null, default = match.groups()
    if name in KINDS or hasattr(BaseSettings, check(name, of_attribute=True)) or name.startswith("model_"):
        raise click.UsageError(f"Use a name such as its_{name}. '{name}' already means something in all settings.")
    if kind not in KINDS:
        raise click.UsageError(f"Use one of the types {', '.join(KINDS)}. '{text}' has '{kind}'.")
    if null and default is not None:
        raise click.UsageError(f"Write either ? or a default. '{text}' has both.")
    return Setting(name, f"{prefix}_{name}".upper(), kind, bool(null), literal(kind, default, text), default or "")


def _variables() -> Iterator[str]:
    """Yield the names of all settings that the service has."""
    for cls in settings_classes():
        for name in cls.model_fields:
            yield f"{cls.model_config.get('env_prefix', '')}{name}".upper()
