"""The line of a request is like all others, but for how it is made."""

import re
from collections.abc import Generator

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from app.access_log import AccessLog
from app.log import configure_logging
from app.settings import Environment
from tests.trial import given


@pytest.fixture(autouse=True)
def configured_again() -> Generator[None]:
    yield
    configure_logging(given())


@pytest.mark.parametrize("environment", [Environment.LOCAL, Environment.PRODUCTION])
def test_a_line_is_as_structlog_would_write_it(environment: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    settings = given(environment)
    configure_logging(settings)
    with bound_contextvars(request_id="mine", status=100):
        structlog.get_logger("access").info("request", route="/", status=200)
        AccessLog(settings).write("request", route="/", status=200)
    theirs, ours = (re.sub(r"\d{4}-\d\d-\d\dT\S+Z", "", line) for line in capsys.readouterr().out.splitlines())
    assert sorted(re.split(r"[ ,{}]+", ours)) == sorted(re.split(r"[ ,{}]+", theirs))


@pytest.mark.parametrize(("level", "lines"), [("DEBUG", 1), ("INFO", 1), ("WARNING", 0)])
def test_it_keeps_to_the_level(level: str, lines: int, capsys: pytest.CaptureFixture[str]) -> None:
    settings = given(log_level=level)
    configure_logging(settings)
    AccessLog(settings).write("request")
    assert len(capsys.readouterr().out.splitlines()) == lines
