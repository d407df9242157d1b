"""What the page has before its script runs: the questions of copier.yml, and the command of the defaults."""

import re
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from explorer.conditions import spoken
from explorer.questions import labels
from tests.combinations import configuration, deciding_questions

SKELETON = Path(__file__).with_name("page.html")


def page(contents: dict[str, Any]) -> str:
    name, source, version = contents["name"]["default"], contents["source"], contents["version"]
    command = f'uvx copier copy --defaults --vcs-ref {version} "{source}" {name}'
    questions = "\n".join(map(_fieldset, deciding_questions()))
    return Template(SKELETON.read_text("utf-8")).substitute(
        questions=questions,
        command=escape(command),
        name=name,
        version=escape(version),
        made=f"{datetime.now(UTC):%Y-%m-%d}",
    )


def _fieldset(name: str) -> str:
    question = configuration()[name]
    asks, _, rest = question["help"].strip().partition("\n")
    means = re.sub(r"^\((.*)\)$", r"\1", " ".join(rest.split()))
    answers = "\n".join(_answer(name, spoken(answer), label) for answer, label in labels(question))
    return f"""<fieldset data-question="{name}">
<legend>{escape(asks)}</legend>
<p>{escape(means)}</p>
<p class="explorer-why" data-why></p>
{answers}
</fieldset>"""


def _answer(name: str, answer: str, label: str) -> str:
    checked = " checked" if answer == spoken(deciding_questions()[name][0]) else ""
    note = f"explorer-{name}-{answer}"
    value = f'name="{name}" value="{answer}" aria-describedby="{note}"'
    return (
        f'<div class="explorer-answer"><label><input type="radio" {value}{checked} disabled> {escape(label)} '
        f'<code>{name}={answer}</code></label> <small id="{note}"></small></div>'
    )
