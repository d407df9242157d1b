"""A toy answer, added to the template at each place that CONTRIBUTING.md lists."""

import re
from collections.abc import Callable
from pathlib import Path

from tests.combinations import ROOT

LIST = re.compile(r"^\| `(?P<place>[^`]+)` \|", re.MULTILINE)
# New files, for an answer `toy`.
FILES = {
    "__init__.py": '''"""A greeting in the log, when the service starts."""

from kit.toy.lifespan import router

__all__ = ["router"]
''',
    "settings.py": '''"""`TOY_…`: the greeting."""

from pydantic_settings import SettingsConfigDict

from kit.settings import BaseSettings


class ToySettings(BaseSettings):
    """What is said."""

    model_config = SettingsConfigDict(env_prefix="TOY_")

    text: str = "Hello"
''',
    "lifespan.py": '''"""Greets."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import humanize
import structlog
from fastapi import APIRouter, FastAPI

from kit.settings import get_settings
from kit.toy.settings import ToySettings


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    structlog.get_logger(__name__).info(get_settings(app, ToySettings).text, times=humanize.apnumber(1))
    yield


router = APIRouter(lifespan=lifespan)
''',
    "test_<name>.py": '''"""The greeting."""

from kit.toy.settings import ToySettings


def test_the_greeting_is_friendly() -> None:
    assert ToySettings().text == "Hello"
''',
    "<name>.md": "# Toy\n\nWith `toy`, the service greets.\n",
}

Edit = Callable[[str, str], str]


def places() -> list[str]:
    """Return the places of the list, in which `<name>` stands for the answer."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    return LIST.findall(text.partition("## Add an answer")[2].partition("\n## ")[0])


def add(repository: Path, name: str) -> None:
    """Add a question `name` with two answers to a clone, at each place of the list and nowhere else."""
    for place in places():
        path = repository / place.replace("<name>", name)
        file = place.rpartition("/")[2]
        if "<name>" in place:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(FILES[file].replace("toy", name).replace("Toy", name.title()).replace("TOY", name.upper()))
        else:
            path.write_text(EDITS[place](path.read_text("utf-8"), name), "utf-8")


def before(text: str, mark: str, lines: str) -> str:
    """Insert lines before the first line that starts with `mark`."""
    start = re.search(rf"^{re.escape(mark)}", text, re.MULTILINE)
    assert start, mark
    return text[: start.start()] + lines + text[start.start() :]


def after(text: str, mark: str, lines: str) -> str:
    """Insert lines after the first line that starts with `mark`."""
    found = re.search(rf"^{re.escape(mark)}.*\n", text, re.MULTILINE)
    assert found, mark
    return text[: found.end()] + lines + text[found.end() :]


def when(name: str, lines: str, indent: str = "") -> str:
    """Return the lines between markers, so that only a service with the answer has them."""
    return f"{indent}# {{% if {name} %}}\n{lines}{indent}# {{% endif %}}\n"


def _questions(text: str, name: str) -> str:
    text = before(text, "    # What tools leave behind", f"    # {{% set {name} = {name} | default(false) %}}\n")
    row = f"    # {{% if not {name} %}}\n    /kit/{name}\n    /kit/tests/{name}\n    # {{% endif %}}\n"
    text = before(text, "    # {% if not example %}", row)
    text = text.replace('"example", "python_version"]', f'"example", "{name}", "python_version"]')
    return before(text, "example:\n", f"{name}:\n  type: bool\n  help: Does it greet?\n  default: false\n\n")


def _main(text: str, name: str) -> str:
    text = before(text, ")\nfrom kit.application", when(name, f"    {name},\n", "    "))
    return after(text, "    http_client.router,", when(name, f"    {name}.router,\n", "    "))


EDITS: dict[str, Edit] = {
    "copier.yml": _questions,
    "template/app/main.py": _main,
    "template/pyproject.toml": lambda text, name: after(
        text, '    "structlog', when(name, '    "humanize>=4",\n', "    ")
    ),
    "template/.env.example": lambda text, name: before(
        text, "\n# SEMAPHORES", when(name, f"\n# {name.upper()}_TEXT=Hello\n")
    ),
    "template/README.md": lambda text, name: after(
        text, "| `SEMAPHORES", when(name, f"| `{name.upper()}_TEXT` | `Hello` | what is said |\n")
    ),
    "template/kit/README.md": lambda text, name: after(
        text, "| `kit.http_client`", when(name, f"| `kit.{name}` | greets | `router` |\n")
    ),
    "template/deploy/compose.yaml": lambda text, name: after(
        text, "      - ENVIRONMENT=", when(name, f"      - {name.upper()}_TEXT=Hello\n", "      ")
    ),
    "template/deploy/kubernetes/kustomization.yaml": lambda text, name: after(
        text, "      - ENVIRONMENT=", when(name, f"      - {name.upper()}_TEXT=Hello\n", "      ")
    ),
    "template/.github/workflows/check.yml": lambda text, name: after(
        text, "      UV_LOCKED:", when(name, f"      {name.upper()}_TEXT: Hello\n", "      ")
    ),
    "tests/vocabulary.py": lambda text, name: after(text, "WORDS:", f'    r"{name}": {{"{name}": {{True}}}},\n'),
    "README.md": lambda text, name: after(text, "| `example`", f"| `{name}` | **`false`**, `true` | `kit/{name}` |\n"),
    "zensical.toml": lambda text, name: after(
        text, '    { "A resource"', f'    {{ "{name.title()}" = "guides/{name}.md" }},\n'
    ),
    "CHANGELOG.md": lambda text, name: after(text, "## [Unreleased]", f"\n- `{name}`: greets.\n"),
}
