"""The name of the service, which the page asks for too: what copier.yml says about it."""

import re
from typing import TypedDict

from jinja2 import nodes

from tests.absent import compiled, environment
from tests.combinations import configuration

QUESTION = "service_name"
MARK = "slipway-name-of-the-service"  # is in the texts where the name belongs
REFUSED = "A Refused Name"


class Naming(TypedDict):
    """What the page knows of names; `words` has `REFUSED` in place of the name that is refused."""

    mark: str
    default: str
    pattern: str
    longest: int
    taken: list[str]
    refused: str
    words: str


def naming() -> Naming:
    question = configuration()[QUESTION]
    tree = environment().parse(question["validator"])
    (search,) = (each for each in tree.find_all(nodes.Filter) if each.name == "regex_search")
    (length,) = (each.expr for each in tree.find_all(nodes.Operand) if each.op == "gt")
    (taken,) = (each.expr for each in tree.find_all(nodes.Operand) if each.op == "in")
    assert isinstance(length, nodes.Const)
    return {
        "mark": MARK,
        "default": question["default"],
        "pattern": re.sub(r"\\Z$", "$", search.args[0].as_const()),  # JavaScript's `$` is the end of the text
        "longest": length.value,
        "taken": taken.as_const(),
        "refused": REFUSED,
        "words": compiled(question["validator"]).render({QUESTION: REFUSED}).strip(),
    }
