"""Lines in the log, from every kind of logger."""

import io
import json
import logging
import re
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
import structlog
from structlog.contextvars import bound_contextvars
from structlog.typing import EventDict, FilteringBoundLogger

from kit.log import configure_logging
from kit.settings import Environment, Settings
from kit.testing.service import given
from kit.tests.trial import closing_log_files

PRODUCTION = given(Environment.PRODUCTION)
LOCAL = given(Environment.LOCAL)


@pytest.fixture(autouse=True)
def configured_again() -> Generator[None]:
    yield
    configure_logging(given())


def logger_with(settings: Settings) -> FilteringBoundLogger:
    configure_logging(settings)
    return structlog.get_logger("tests")


def json_lines(capsys: pytest.CaptureFixture[str]) -> list[EventDict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def fall_over() -> None:
    password = "hunter2"
    raise RuntimeError(f"{len(password)} characters are not enough")


@pytest.mark.parametrize("environment", [Environment.DEVELOPMENT, Environment.STAGING, Environment.PRODUCTION])
def test_lines_are_json_outside_local(environment: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    logger_with(given(environment)).info("sold", items=3)
    [line] = json_lines(capsys)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", line.pop("timestamp"))
    assert line == {"event": "sold", "items": 3, "level": "info", "logger": "tests"}


def test_lines_are_readable_text_in_local(capsys: pytest.CaptureFixture[str]) -> None:
    logger_with(LOCAL).info("sold", items=3)
    assert re.search(r"\[info +\] sold +\[tests\] items=3\n$", capsys.readouterr().out)


def test_a_setting_changes_the_format(capsys: pytest.CaptureFixture[str]) -> None:
    logger_with(given(Environment.LOCAL, log_format="json")).info("sold")
    assert json_lines(capsys)[0]["event"] == "sold"


@pytest.mark.parametrize("terminal", [True, False])
def test_colours_are_for_terminals(
    *, terminal: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    logger_with(LOCAL).info("sold")
    assert ("\N{ESCAPE}[" in capsys.readouterr().out) == terminal


def test_lines_of_the_standard_library_have_the_same_format(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logger_with(PRODUCTION)
    with bound_contextvars(request_id="mine"):
        logger.warning("42 sold")
        logging.getLogger("tests").warning("%s sold", 42)
    ours, theirs = json_lines(capsys)
    assert {**ours, "timestamp": None} == {**theirs, "timestamp": None}
    assert theirs["request_id"] == "mine"


def test_what_the_standard_library_has_as_extra_is_in_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(PRODUCTION)
    extra = {"order": 7, "parts": {"a": {1, 2}}, "event": "forged", "level": "forged", "logger": "forged"}
    with bound_contextvars(request_id="mine"):
        logging.getLogger("tests").warning("%s sold", 42, extra=extra)
    [line] = json_lines(capsys)
    assert line.pop("timestamp")
    expected = {"order": 7, "parts": {"a": "{1, 2}"}, "request_id": "mine"}
    assert line == {"event": "42 sold", "level": "warning", "logger": "tests", **expected}


def test_extra_is_in_readable_lines_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LOCAL)
    logging.getLogger("library").warning("sold", extra={"order": 7})
    assert re.search(r"\[warning +\] sold +\[library\] order=7\n$", capsys.readouterr().out)


def test_lines_of_the_standard_library_are_readable_text_in_local(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LOCAL)
    logging.getLogger("library").warning("%s sold", 42)
    assert re.search(r"\[warning +\] 42 sold +\[library\]\n$", capsys.readouterr().out)


@pytest.mark.parametrize("name", ["_granian", "uvicorn", "uvicorn.error"])
def test_lines_of_the_server_appear_once_and_in_our_format(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger(name).addHandler(logging.StreamHandler(sys.stdout))
    configure_logging(PRODUCTION)
    logging.getLogger(name).info("started")
    assert [line["event"] for line in json_lines(capsys)] == ["started"]


@pytest.mark.parametrize("name", ["granian.access", "uvicorn.access"])
def test_the_server_writes_no_access_lines(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(PRODUCTION)
    logging.getLogger(name).info("GET /")
    assert json_lines(capsys) == []


def test_lines_below_the_level_are_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logger_with(given(Environment.PRODUCTION, log_level="WARNING"))
    logger.info("quiet")
    logging.getLogger("library").info("quiet")
    logger.warning("loud")
    logging.getLogger("library").warning("loud")
    assert [line["event"] for line in json_lines(capsys)] == ["loud", "loud"]


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("standard", [True, False])
def test_tracebacks_show_local_variables_only_in_debug(
    *, debug: bool, standard: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = logger_with(given(debug=debug))
    try:
        fall_over()
    except RuntimeError:
        (logging.getLogger("library") if standard else logger).exception("failed")
    out = capsys.readouterr().out
    [failure] = json.loads(out)["exception"]
    assert (failure["exc_type"], failure["exc_value"]) == ("RuntimeError", "7 characters are not enough")
    assert failure["frames"][-1]["name"] == "fall_over"
    assert ("hunter2" in out) == debug


def test_tracebacks_in_the_console_show_no_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logger_with(LOCAL)
    try:
        fall_over()
    except RuntimeError:
        logger.exception("failed")
    out = capsys.readouterr().out
    assert "RuntimeError: 7 characters are not enough" in out
    assert "'hunter2'" not in out.replace('password = "hunter2"', "")


def test_a_logger_writes_to_the_current_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (io.TextIOWrapper(io.BytesIO()) for _ in range(2))
    monkeypatch.setattr(sys, "stdout", first)
    logger = logger_with(PRODUCTION)
    logger.info("one")
    monkeypatch.setattr(sys, "stdout", second)
    first.close()
    logger.info("two")
    logging.getLogger("library").info("three")
    second.seek(0)
    assert [json.loads(line)["event"] for line in second] == ["two", "three"]


def test_lines_also_go_to_a_file_if_a_folder_is_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing_log_files():
        settings = given(Environment.PRODUCTION, app_name="shop", log_dir=tmp_path / "new" / "logs")
        logger_with(settings).info("one")
        logging.getLogger("library").info("two")
    [file] = (tmp_path / "new" / "logs").glob("shop-0-*.log")
    assert file.read_text("utf-8") == capsys.readouterr().out
    assert [json.loads(line)["event"] for line in file.read_text("utf-8").splitlines()] == ["one", "two"]
