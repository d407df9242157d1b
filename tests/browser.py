"""A headless browser: the one of the machine, or one that apt-get installs."""

import contextlib
from collections.abc import Generator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.sync_api import Browser, sync_playwright

from tests.servers.finding import apt_install, find_program

MISSING = """There is no Chromium. Install one (Debian: apt-get install chromium; macOS: brew install chromium)."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


class QuietHandler(SimpleHTTPRequestHandler):
    """A handler that serves files without a log."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@contextlib.contextmanager
def serving_files(folder: Path) -> Generator[str]:
    """Serve a folder and yield its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def browsing() -> Generator[Browser]:
    with sync_playwright() as playwright:
        # Root cannot use the sandbox, and the pages are our own.
        browser = playwright.chromium.launch(executable_path=_binary(), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def _binary() -> Path:
    if not (found := find_program(*NAMES)):
        apt_install("chromium", otherwise=MISSING)
        found = find_program(*NAMES)
    if not found:
        raise RuntimeError(MISSING)
    return found
