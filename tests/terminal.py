"""A real terminal of 80 columns, by tmux: what somebody sees there, and what they type."""

import os
import shutil
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.servers.finding import apt_install, find_program
from tests.servers.waiting import wait_until

COLUMNS, LINES = 80, 40
MISSING = "There is no tmux. Install it (Debian: apt-get install tmux; macOS: brew install tmux)."


class Terminal:
    """A command in a terminal; both end with the context."""

    def __init__(self, command: str, cwd: Path, env: Mapping[str, str]) -> None:
        if not find_program("tmux"):
            apt_install("tmux", otherwise=MISSING)
        self._tmux = [shutil.which("tmux") or "tmux", "-L", f"slipway-{uuid.uuid4().hex[:8]}", "-f", os.devnull]
        self._start = ("new-session", "-d", "-x", str(COLUMNS), "-y", str(LINES), f"{command}; echo over; sleep 600")
        self._cwd, self._env = cwd, dict(env, TERM="screen-256color", LC_ALL="C.UTF-8")

    def __enter__(self) -> Self:
        self._run(*self._start)
        return self

    def __exit__(self, *_: object) -> None:
        pane = self._run("display-message", "-p", "#{pane_pid}").strip()
        subprocess.run(["pkill", "-TERM", "-P", pane], check=False)
        self._run("kill-server")

    def screen(self) -> str:
        return self._run("capture-pane", "-p")

    def type(self, *keys: str) -> None:
        """Press keys; those that have a name, such as `Enter`, by it."""
        for key in keys:
            self._run("send-keys", key)

    def wait_for(self, text: str, seconds: float = 60) -> str:
        """Wait until the screen has a text, and return the screen."""
        try:
            wait_until(lambda: text in self.screen(), seconds=seconds, what=text)
        except TimeoutError as error:
            msg = f"not on the screen: {text}\n{self.screen()}"
            raise AssertionError(msg) from error
        return self.screen()

    def _run(self, *arguments: str) -> str:
        run = subprocess.run(
            [*self._tmux, *arguments], cwd=self._cwd, env=self._env, capture_output=True, text=True, check=True
        )
        return run.stdout
