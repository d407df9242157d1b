"""The output of the doctor contains no secret, whatever fails."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from kit.discovery import PROJECT_FOLDER
from kit.settings.reading import settings_classes

MARK = "swordfish-" * 4
UPSTREAM = {"UPSTREAMS__PRICES__URL": "http://127.0.0.1:1", "UPSTREAMS__PRICES__CHECK": "/"}
# A port on which nobody listens; a login that is not escaped, a port that is not a number, and an unknown option.
FAULTS = ("127.0.0.1:1", "@127.0.0.1:x/?no=such")


def secrets(host: str) -> dict[str, str]:
    """Return all settings that hold a secret, with a marked value; URLs lead to this host."""
    found = {"SECRET_KEY": MARK, "UPSTREAMS__PRICES__TOKEN": MARK, **UPSTREAM}
    for cls in settings_classes():
        prefix = cls.model_config.get("env_prefix", "")
        for name, field in cls.model_fields.items():
            if "SecretStr" in str(field.annotation):
                found[f"{prefix}{name}".upper()] = _marked(field.get_default(), host)
    return found


def _marked(default: Any, host: str) -> str:
    """Return a URL with a login in place of one that leads to a server, and the mark in place of anything else."""
    text = default.get_secret_value() if isinstance(default, SecretStr) else ""
    return f"{urlsplit(text).scheme}://app:{MARK}@{host}" if urlsplit(text).hostname else MARK


@pytest.mark.parametrize("host", FAULTS)
def test_the_doctor_prints_no_secret(host: str, tmp_path: Path) -> None:
    environment = {**os.environ, **secrets(host), "DEBUG": "true", "LOG_DIR": str(tmp_path), "LOG_FORMAT": "json"}
    command = [sys.executable, "-m", "app", "doctor"]
    run = subprocess.run(command, cwd=PROJECT_FOLDER, env=environment, capture_output=True, text=True, check=False)
    printed = run.stdout + run.stderr + "".join(path.read_text("utf-8") for path in tmp_path.iterdir())
    assert run.returncode == 1, printed
    assert "swordfish" not in printed, printed
