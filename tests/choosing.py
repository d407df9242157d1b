"""The page on which to choose, in a browser: how a test opens it, chooses, and reads what it gives."""

import io
import random
import stat
import zipfile
from pathlib import Path

from playwright.sync_api import Page

from explorer.conditions import spoken
from tests.changes import SEED
from tests.combinations import Combination, all_combinations

SAMPLE = random.Random(SEED).sample(all_combinations(), 20)
SHOWN = "() => new Promise(shown => requestAnimationFrame(() => setTimeout(shown)))"

Contents = dict[str, tuple[bytes, int]]
"""The bytes and the modes of files, by their paths."""


def opened(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("#explorer[data-ready]")


def choose(page: Page, combination: Combination, *others: str) -> None:
    """Follow a link that chooses a combination."""
    link = [*(f"{name}={spoken(answer)}" for name, answer in combination.pairs), *others]
    page.evaluate("hash => { location.hash = hash }", "&".join(link))
    page.evaluate(SHOWN)
    assert page.locator("[data-part=faults]").text_content() == ""


def downloaded(page: Page, name: str) -> Contents:
    with page.expect_download() as download:
        page.get_by_role("button", name="Download a zip").click()
    assert download.value.suggested_filename == f"{name}.zip"
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
        files = archive.infolist()
        assert archive.testzip() is None
        modes = {each.filename: stat.S_IMODE(each.external_attr >> 16) for each in files}
        return {name_in(each, name): (archive.read(each), mode) for each, mode in modes.items()}


def name_in(path: str, folder: str) -> str:
    assert path.startswith(f"{folder}/")
    return path.removeprefix(f"{folder}/")


def copied(folder: Path) -> Contents:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) for path in files
    }
