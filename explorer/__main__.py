"""Write what the page on which to choose needs, before zensical builds the documentation."""

import json
import tempfile
from pathlib import Path

from explorer.contents import Data, contents
from explorer.page import page
from explorer.proved import proved
from tests.combinations import ROOT
from tests.proofs import collected
from tests.template import commit_working_tree, git

SOURCE = "$PWD/slipway"  # a clone, as in each command of the documentation, as long as the repository has no address
FOLDER = ROOT / "docs/explorer"


def write(folder: Path, found: Data) -> None:
    """Write the data and the questions where the page looks for them."""
    (folder / "data.json").write_text(json.dumps(found, ensure_ascii=False, separators=(",", ":")), "utf-8")
    (folder / "page.html").write_text(page(found), "utf-8")


def main() -> None:
    version = git(ROOT, "describe", "--tags", "--always").strip()  # as Copier names it in the record of the answers
    with tempfile.TemporaryDirectory() as folder:
        commit_working_tree(repository := Path(folder) / "repository")
        write(FOLDER, contents(repository, version, SOURCE, proved(collected(), collected("--every"))))


if __name__ == "__main__":
    main()
