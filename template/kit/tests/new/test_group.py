"""`python -m kit` and its groups."""

import re
import runpy
import sys

import pytest

from kit.tests.new.conftest import Make


def test_a_kind_that_the_service_cannot_have_is_refused_with_those_that_it_can(make: Make) -> None:
    result = make("spaceship", "enterprise")
    assert result.exit_code == 2
    assert re.search(r"Name one of (\w+, )*setting(, \w+)*, not 'spaceship'", " ".join(result.stderr.split()))
    assert "uvx copier update" in result.stderr


def test_the_commands_are_listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["kit", "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("kit", run_name="__main__")
    assert ended.value.code == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert {"new", "update"} <= {words[0] for words in lines if words}
