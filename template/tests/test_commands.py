"""`python -m app`, as it is called."""

import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from click.testing import CliRunner

import app
from app.__main__ import cli
from tests.trial import forget_settings, write_package

ROOT = Path(app.__file__).parents[1]
COMMAND = """
    import click

    @click.command()
    def count_orders() -> None:
        click.echo("7 orders")
"""


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_settings(monkeypatch)


@contextmanager
def running(*arguments: str, **environment: str) -> Generator[subprocess.Popen[str]]:
    """Run a command, which prints to the files `out` and `err`."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "ENVIRONMENT": "development", **environment}
    command = [sys.executable, "-m", "app", *arguments]
    with (
        Path("out").open("w") as out,
        Path("err").open("w") as err,
        subprocess.Popen(
            command, env=environment, stdout=out, stderr=err, text=True, start_new_session=True
        ) as process,
    ):
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # the workers too


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def answer(port: int, path: str, deadline: float) -> int:
    """Ask until the server answers."""
    while time.monotonic() < deadline:
        with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection, suppress(OSError, HTTPException):
            connection.request("GET", path)
            return connection.getresponse().status
        time.sleep(0.05)
    raise TimeoutError(Path("err").read_text("utf-8") + Path("out").read_text("utf-8"))


def wait_for_output(text: str, deadline: float) -> None:
    while text not in Path("out").read_text("utf-8"):
        if time.monotonic() > deadline:
            raise TimeoutError(Path("err").read_text("utf-8") + Path("out").read_text("utf-8"))
        time.sleep(0.05)


def test_serve_answers_until_it_is_told_to_stop() -> None:
    port = free_port()
    with running("serve", "--port", str(port), LOG_FORMAT="json") as process:
        assert answer(port, "/health", time.monotonic() + 60) == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    lines = [json.loads(line) for line in Path("out").read_text("utf-8").splitlines()]
    assert [line["route"] for line in lines if line["logger"] == "access"] == ["/health"]
    assert Path("err").read_text("utf-8") == ""


def test_serve_reloads_for_a_change_of_the_code_alone() -> None:
    port = free_port()
    code = ROOT / "app/trial_of_reload.py"
    with running("serve", "--reload", "--port", str(port)):
        assert answer(port, "/health", time.monotonic() + 60) == 200
        Path("app.db").write_text("what the service writes itself", "utf-8")
        try:
            code.touch()
            wait_for_output("Changes detected", time.monotonic() + 60)
        finally:
            code.unlink()
    assert "app.db" not in Path("out").read_text("utf-8")


def test_faulty_settings_end_a_command_without_a_traceback() -> None:
    with running("serve", ENVIRONMENT="production", SECRET_KEY="short", HEALTH_TIMEOUT="0") as process:
        assert process.wait(timeout=60) == 1
    first, *faults = Path("err").read_text("utf-8").splitlines()
    assert first == "The service does not start with these settings:"
    assert [fault.split(":")[0].strip() for fault in faults] == ["HEALTH_TIMEOUT", "SECRET_KEY"]


@pytest.mark.parametrize(("key", "code"), [("", 1), ("x" * 32, 0)])
def test_it_ends_with_the_code_of_its_command(
    key: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["app", "openapi" if code == 0 else "doctor"])
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("SECRET_KEY", key)
    monkeypatch.delitem(sys.modules, "app.__main__")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("app", run_name="__main__")
    assert ended.value.code == code
    assert capsys.readouterr().err.startswith("SECRET_KEY: it is missing" if code else "")


def test_openapi_prints_the_document() -> None:
    result = CliRunner().invoke(cli, ["openapi"])
    assert result.exit_code == 0
    assert {"/", "/health", "/ready"} <= set(json.loads(result.stdout)["paths"])


def test_the_commands_are_listed() -> None:
    result = CliRunner().invoke(cli, ["--help"])
    assert result.exit_code == 0
    assert {"doctor", "openapi", "serve"} <= {line.split()[0] for line in result.stdout.splitlines() if line.split()}


def test_the_commands_of_a_feature_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_package(tmp_path, monkeypatch, {"orders/commands.py": COMMAND})
    monkeypatch.setattr(sys, "argv", ["app", "count-orders"])
    monkeypatch.delitem(sys.modules, "app.__main__")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("app", run_name="__main__")
    assert (ended.value.code, capsys.readouterr().out) == (0, "7 orders\n")
