"""Fixtures for temporary files: each has its own folder, or its own prefix in the bucket of `TEMP_FILES_URL`."""

from collections.abc import Generator
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from kit.temp_files import TempFileService
from kit.temp_files.settings import TempFilesSettings


@pytest.fixture(scope="module", autouse=True)
def place_of_a_module(tmp_path_factory: pytest.TempPathFactory) -> Generator[None]:
    """Point `TEMP_FILES_URL` at an empty place."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TEMP_FILES_URL", empty_url(tmp_path_factory.mktemp("files")))
        yield


@pytest.fixture
def empty_place(tmp_path: Path) -> TempFilesSettings:
    """Return settings for an empty place."""
    return TempFilesSettings(url=SecretStr(empty_url(tmp_path / "files")))


@pytest.fixture
def files(empty_place: TempFilesSettings) -> TempFileService:
    return TempFileService(empty_place)


def empty_url(folder: Path) -> str:
    parts = TempFilesSettings().parts
    if parts.scheme == "file":
        return f"file://{folder}"
    return parts._replace(path=f"{parts.path.rstrip('/')}/{uuid4().hex}").geturl()
