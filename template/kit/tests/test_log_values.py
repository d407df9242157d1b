"""The values in a line of the log: all can be logged, and secrets are masked."""

import json
import logging
from collections.abc import Generator
from typing import Any

import pytest
import structlog
from pydantic import BaseModel, SecretStr
from structlog.typing import FilteringBoundLogger

from kit.log import configure_logging
from kit.settings import Environment, Settings
from kit.testing.service import given

PRODUCTION = given(Environment.PRODUCTION)
LOCAL = given(Environment.LOCAL)
HOLDS_ITSELF: list[Any] = []
HOLDS_ITSELF.append(HOLDS_ITSELF)


class Login(BaseModel):
    user: str
    password: SecretStr


@pytest.fixture(autouse=True)
def configured_again() -> Generator[None]:
    yield
    configure_logging(given())


def logger_with(settings: Settings) -> FilteringBoundLogger:
    configure_logging(settings)
    return structlog.get_logger("tests")


@pytest.mark.parametrize(
    ("value", "logged"),
    [
        (2**64, 2**64),
        ("\ud800", "\ud800"),
        (b"\xff", r"b'\xff'"),
        (float("nan"), None),
        ({1: "one"}, {"1": "one"}),
        ({(1, 2): "pair"}, "{(1, 2): 'pair'}"),
        (HOLDS_ITSELF, "[[...]]"),
        (RuntimeError("no"), "RuntimeError('no')"),
    ],
)
def test_every_value_can_be_logged(value: object, logged: object, capsys: pytest.CaptureFixture[str]) -> None:
    logger_with(PRODUCTION).info("odd", value=value)
    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["value"]) == ("odd", logged)


@pytest.mark.parametrize("settings", [PRODUCTION, LOCAL])
def test_text_that_is_not_unicode_can_be_logged(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    logger_with(settings).info("odd \ud800")
    logging.getLogger("library").info("odd \ud800")
    assert capsys.readouterr().out.count(r"odd \ud800") == 2


def test_a_faulty_line_of_a_library_does_not_stop_it(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(PRODUCTION)
    faulty = "%s and %s"
    logging.getLogger("library").warning(faulty, 1)
    assert "not enough arguments for format string" in capsys.readouterr().err


@pytest.mark.parametrize("settings", [PRODUCTION, LOCAL])
def test_secrets_are_masked(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    login = Login(user="ann", password=SecretStr("hunter2"))
    logger_with(settings).info("login", password=login.password, login=login, all=[login, {"password": login.password}])
    logging.getLogger("library").info("login of %s: %s", login, login.password)
    out = capsys.readouterr().out
    assert out.count("*****") >= 5
    assert "hunter2" not in out
