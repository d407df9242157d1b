"""`TEMP_FILES_…`: where temporary files are kept, for how long, and how large they may be."""

import tempfile
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Annotated, ClassVar, Self
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import AfterValidator, Field, NonNegativeInt, SecretStr
from pydantic_settings import SettingsConfigDict

from kit.settings import BaseSettings

MEGABYTE = 2**20
MAX_DAYS = 36_500
GOOD_URLS = "write it like file:///var/tmp/files, file:data/temp_files or s3://bucket/prefix"


def _check_url(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in ("file", "s3"):
        raise ValueError(f"it must begin with file: or s3:; {GOOD_URLS}")
    if parts.scheme == "file" and (parts.netloc or not parts.path.strip("/")):
        raise ValueError(f"it names no folder; {GOOD_URLS}")
    if parts.scheme == "s3" and not parts.hostname:
        raise ValueError(f"it names no bucket; {GOOD_URLS}")
    return url


class TempFilesSettings(BaseSettings):
    """The temporary files of the service; 0 days and 0 megabytes (of 2**20 bytes) mean no limit."""

    model_config = SettingsConfigDict(env_prefix="TEMP_FILES_")

    url: Annotated[SecretStr, AfterValidator(_check_url)] = SecretStr("file:data/temp_files")
    retention_days: Annotated[float, Field(ge=0, le=MAX_DAYS, allow_inf_nan=False)] = 3
    max_file_size_mb: NonNegativeInt = 1024
    max_total_size_mb: NonNegativeInt = 0
    cleaning: bool = True

    names_elsewhere: ClassVar[Mapping[str, str]] = {
        "TMP_DIR": "set TEMP_FILES_URL, such as file:data/temp_files",
        r"TMP_(RETENTION_DAYS|MAX_FILE_SIZE_MB|MAX_TOTAL_SIZE_MB)": r"set TEMP_FILES_\1",
        "TMP_WORKER_THREADS": "the files need no threads of their own",
    }

    def for_doctor(self) -> Self:
        return self.model_copy(update={"cleaning": False})

    @property
    def parts(self) -> SplitResult:
        return urlsplit(self.url.get_secret_value())

    @property
    def folder(self) -> Path | None:
        """The folder of the files, or `None` if they are in a bucket."""
        return Path(unquote(self.parts.path)) if self.parts.scheme == "file" else None

    @property
    def lock(self) -> Path:
        """The lock of the process that cleans up: one for each folder, or for each bucket and machine."""
        if self.folder:
            return self.folder / "cleaner.lock"
        digest = sha256(f"{self.parts.hostname}{self.parts.path}".encode()).hexdigest()
        return Path(tempfile.gettempdir()) / f"temp-files-{digest[:16]}.lock"

    @property
    def retention(self) -> timedelta | None:
        return timedelta(days=self.retention_days) if self.retention_days else None

    @property
    def max_file_size(self) -> int:
        return self.max_file_size_mb * MEGABYTE

    @property
    def max_total_size(self) -> int:
        return self.max_total_size_mb * MEGABYTE
