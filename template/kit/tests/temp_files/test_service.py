"""Temporary files in the service: in its health, and cleaned up while it runs."""

from functools import partial
from pathlib import Path

import pytest
from httpx2 import AsyncClient
from pydantic import SecretStr

from kit.errors import ServiceUnavailableException
from kit.temp_files import TempFileService, get_temp_files
from kit.temp_files.objects import MARKER
from kit.temp_files.settings import TempFilesSettings
from kit.testing.service import ask, given, started
from kit.tests.temp_files.pieces import is_empty, pieces, until

pytestmark = pytest.mark.anyio


async def test_a_service_with_temporary_files_is_ready(client: AsyncClient) -> None:
    assert (await client.get("/ready")).json()["checks"]["temp_files"]["status"] == "ok"


async def test_a_service_whose_bucket_is_away_is_not_ready() -> None:
    url = SecretStr("s3://k:s@files?region=us-east-1&endpoint=http://127.0.0.1:1")
    settings = TempFilesSettings(url=url, cleaning=False)
    async with started(given(health_timeout=0.2), settings) as app, ask(app) as client:
        response = await client.get("/ready")
        for content in (b"1", pieces(b"1")):
            with pytest.raises(ServiceUnavailableException, match="cannot be reached"):
                await get_temp_files(app).save("a", content)
    assert (response.status_code, response.json()["checks"]["temp_files"]["status"]) == (503, "failed")


async def test_what_a_killed_process_has_left_is_deleted_soon_after_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.temp_files.lease.LEASE", -1.0)
    settings = TempFilesSettings(url=SecretStr(f"file://{tmp_path}/kept"))
    await TempFileService(settings).objects.create("left", MARKER, b"{}")
    async with started(given(), settings) as app:
        await until(partial(is_empty, get_temp_files(app)))


def test_the_doctor_does_not_clean_up() -> None:
    assert (TempFilesSettings().cleaning, TempFilesSettings().for_doctor().cleaning) == (True, False)
