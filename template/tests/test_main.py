"""The service as a whole."""

import runpy
import sys

import pytest
from httpx2 import AsyncClient

pytestmark = pytest.mark.anyio


async def test_the_service_is_ready(client: AsyncClient) -> None:
    assert (await client.get("/ready")).status_code == 200


def test_the_commands_are_listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["app", "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("app", run_name="__main__")  # in this process, so that its lines count as covered
    assert ended.value.code == 0
    assert "python -m app" in capsys.readouterr().out
