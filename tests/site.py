"""The documentation as it is published, with the page on which to choose, which shows the working tree."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from explorer.__main__ import write
from explorer.contents import contents
from explorer.proved import proved
from tests.combinations import ROOT
from tests.proofs import collected
from tests.template import VERSION


def build(folder: Path, template: Path, ids_of_every: list[str]) -> None:
    """Build the documentation in `folder`; Copier can run the commands that it shows."""
    folder.mkdir()
    shutil.copy(ROOT / "zensical.toml", folder)
    shutil.copytree(ROOT / "docs", folder / "docs")
    proofs = proved(collected(), ids_of_every)
    write(folder / "docs/explorer", contents(template, VERSION, str(template), proofs))
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, re.sub(r"\x1b\[[\d;]*m", "", run.stdout)
