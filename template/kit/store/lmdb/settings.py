"""`STORE_…`: where LMDB keeps its data, and what a power failure may cost."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import ByteSize, Field
from pydantic_settings import SettingsConfigDict

from kit.settings import BaseSettings

MIN_MAP_SIZE = 256 * 1024


class LmdbSettings(BaseSettings):
    """The folder of the store; `map_size` is the initial size in bytes, and grows as needed."""

    model_config = SettingsConfigDict(env_prefix="STORE_")

    path: Path = Path("data/store")
    map_size: ByteSize = Field(default=ByteSize(2**30), ge=MIN_MAP_SIZE)
    sync: Literal["full", "data", "off"] = "full"

    names_elsewhere: ClassVar[Mapping[str, str]] = {
        "STORE_LMDB__MAX_DBS": "set STORE_MAX_NAMESPACES",
        r"STORE_LMDB__(\w+)": r"set STORE_\1",
    }
