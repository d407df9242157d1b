"""The types that a field can have, as `kinds.toml` describes them for the storage of this service."""

import tomllib
from pathlib import Path
from typing import Any

_DESCRIBED: dict[str, Any] = tomllib.loads(Path(__file__).with_name("kinds.toml").read_text("utf-8"))
KINDS: dict[str, dict[str, Any]] = _DESCRIBED["kinds"]
ALIASES: dict[str, str] = _DESCRIBED["aliases"]
STORED: dict[str, str] = _DESCRIBED["stored"]
