"""Where temporary files are kept."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from kit.temp_files.settings import TempFilesSettings


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("data/temp_files", "must begin with file: or s3:"),
        ("gs://bucket", "must begin with file: or s3:"),
        ("file://data/files", "names no folder"),
        ("file:///", "names no folder"),
        ("s3:///prefix", "names no bucket"),
    ],
)
def test_an_invalid_url_is_refused(url: str, fault: str) -> None:
    with pytest.raises(ValidationError, match=fault) as refused:
        TempFilesSettings(url=SecretStr(url))
    assert "such" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("file:data/temp_files", Path("data/temp_files")),
        ("file:///var/my%20files", Path("/var/my files")),
        ("s3://bucket/prefix", None),
    ],
)
def test_a_url_names_a_folder_or_a_bucket(url: str, folder: Path | None) -> None:
    assert TempFilesSettings(url=SecretStr(url)).folder == folder


def test_processes_that_share_a_place_share_a_lock() -> None:
    urls = ("s3://a/x", "s3://key:secret@a/x?region=r", "s3://b/x", "file:a", "file:b")
    locks = [TempFilesSettings(url=SecretStr(url)).lock for url in urls]
    assert (locks[0] == locks[1], len(set(locks))) == (True, 4)
