"""The commands of `python -m app`."""

import json
import runpy
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from kit.cli import cli
from kit.server.server import ServiceServer
from kit.settings import names
from kit.tests.trial import forget_settings, write_package

COMMAND = """
    import click

    @click.command()
    def count_orders() -> None:
        click.echo("7 orders")
"""


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, production: dict[str, str]) -> None:
    forget_settings(monkeypatch)
    for name, value in production.items():
        monkeypatch.setenv(name, value)


def exit_code_of(monkeypatch: pytest.MonkeyPatch, command: str, **environment: str) -> object:
    """Run a command as `python -m app` does, but in this process, and return its exit code."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["app", command])
    monkeypatch.delitem(sys.modules, "kit.cli")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("app", run_name="__main__")
    return ended.value.code


def test_invalid_settings_end_a_command_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(monkeypatch, "serve", ENVIRONMENT="production", SECRET_KEY="short", HEALTH_TIMEOUT="0") == 1
    first, *faults = capsys.readouterr().err.splitlines()
    assert first == "The service cannot start with these settings:"
    assert [fault.split(":")[0].strip() for fault in faults] == ["HEALTH_TIMEOUT", "SECRET_KEY"]


@pytest.mark.parametrize(("command", "key", "code"), [("doctor", "", 1), ("openapi", "x" * 32, 0)])
def test_it_exits_with_the_code_of_the_command(
    command: str, key: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(monkeypatch, command, ENVIRONMENT="production", SECRET_KEY=key) == code
    assert capsys.readouterr().err.startswith("SECRET_KEY: it is missing" if code else "")


def test_serve_warns_of_a_name_that_it_ignores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG_MODE", "true")
    said: list[tuple[str, str]] = []

    def serve(*_: object, **_options: object) -> None: ...

    def warning(_: str, *, name: str, reason: str) -> None:
        said.append((name, reason))

    monkeypatch.setattr(ServiceServer, "serve", serve)
    monkeypatch.setattr(names.log, "warning", warning)
    result = CliRunner().invoke(cli, ["serve", "--port", "0"])
    assert result.exit_code == 0, result.output
    assert said == [("DEBUG_MODE", "no setting has this name; set DEBUG")]


def test_openapi_prints_the_document() -> None:
    result = CliRunner().invoke(cli, ["openapi"])
    assert result.exit_code == 0
    assert {"/", "/health", "/ready"} <= set(json.loads(result.stdout)["paths"])


def test_the_commands_are_listed() -> None:
    result = CliRunner().invoke(cli, ["--help"])
    assert result.exit_code == 0
    assert {"doctor", "openapi", "serve"} <= {line.split()[0] for line in result.stdout.splitlines() if line.split()}


def test_no_command_of_the_kit_is_described_by_half_a_sentence_in_eighty_columns() -> None:
    shown = [CliRunner().invoke(cli, [*group, "--help"], terminal_width=80).stdout for group in groups(cli)]
    lines = [line for text in shown for line in text.splitlines() if line.startswith("  ") and line.endswith("...")]
    assert [line for line in lines if line.split()[0] not in of_the_owner()] == []


def test_a_server_that_is_away_ends_a_command_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_package(tmp_path, monkeypatch, {"orders/commands.py": COMMAND.replace("click.echo", "raise ConnectionError")})
    assert exit_code_of(monkeypatch, "count-orders") == 1
    assert capsys.readouterr().err == "Error: 7 orders\n"


def groups(group: click.Group) -> list[list[str]]:
    """Return the words that lead to each group of commands, the first to all of them."""
    below = [name for name, command in group.commands.items() if isinstance(command, click.Group)]
    return [[], *([name] for name in below)]


def of_the_owner() -> set[str]:
    return {
        name for name, each in cli.commands.items() if not getattr(each.callback, "__module__", "").startswith("kit")
    }


def test_the_commands_of_a_feature_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_package(tmp_path, monkeypatch, {"orders/commands.py": COMMAND})
    assert (exit_code_of(monkeypatch, "count-orders"), capsys.readouterr().out) == (0, "7 orders\n")
