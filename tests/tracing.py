"""Checks that are written for one service and run for all, once for each distinct set of things that they read.

The result of a check depends only on what it reads of a service. If another service has the same there, the result is
the same, and the check does not run again: the cost depends on contents, not on combinations.
"""

import functools
import inspect
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.combinations import Answer
from tests.rendering import Tree

Asked = tuple[str, str]
Check = Callable[..., None]


class Traced:
    """A rendered service that records what a check reads."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.asked: list[tuple[Asked, object]] = []
        self.answers: Mapping[str, Answer] = TracedAnswers(self)

    def read(self, name: str) -> str:
        """Return the text of a file; raise `FileNotFoundError` if there is none."""
        text = self.ask("text", name)
        if text is None:
            raise FileNotFoundError(name)
        return text

    def names(self, prefix: str = "") -> tuple[str, ...]:
        """Return the paths of the files that start with `prefix`, sorted."""
        return self.ask("names", prefix)

    def ask(self, what: str, argument: str) -> Any:  # noqa: ANN401 - a text, names or an answer
        asked = what, argument
        self.asked.append((asked, _look(self._tree, asked)))
        return self.asked[-1][1]


class TracedAnswers(Mapping[str, Answer]):
    """The answers of a service; it records each one that a check reads."""

    def __init__(self, service: Traced) -> None:
        self._service = service

    def __getitem__(self, question: str) -> Answer:
        answer = self._service.ask("answer", question)
        if answer is None:
            raise KeyError(question)
        return answer

    def __iter__(self) -> Iterator[str]:
        return iter(self._service.ask("questions", ""))

    def __len__(self) -> int:
        return len(self._service.ask("questions", ""))


@dataclass
class Step:
    """What a check reads next and the step for each result, or the check's own result at the end: "" if all is well."""

    asks: Asked | None = None
    then: dict[object, "Step"] = field(default_factory=dict[object, "Step"])
    said: str | None = None


def for_each_service(check: Check) -> Check:
    """Return a test of a check that takes a `service`: it runs for every combination, and lists those that fail."""

    @functools.wraps(check)
    def test(trees: Iterable[Tree], **fixtures: object) -> None:
        known, failed = Step(), defaultdict[str, list[str]](list)
        for tree in trees:
            said = _said_before(known, tree)
            if said is None:
                said = _run(check, known, tree, fixtures)
            if said:
                failed[said].append(tree.id)
        assert not failed, describe(failed)

    parameters = inspect.signature(check).parameters.values()
    renamed = [each.replace(name="trees") if each.name == "service" else each for each in parameters]
    del vars(test)["__wrapped__"]  # pytest would ask for the fixtures of the check
    vars(test)["__signature__"] = inspect.Signature(renamed)
    return test


def describe(failed: Mapping[str, list[str]]) -> str:
    """Return a text with each fault, the number of combinations that have it, and the first of them."""
    lines = (f"in {len(ids)} combinations, such as {ids[0]}:\n{said}" for said, ids in failed.items())
    return f"{len(failed)} faults\n" + "\n\n".join(lines)


def _said_before(step: Step, tree: Tree) -> str | None:
    """Return the check's result for an earlier service with the same in all that it read; `None` if there is none."""
    while step.asks and (following := step.then.get(_look(tree, step.asks))):
        step = following
    return step.said


def _run(check: Check, step: Step, tree: Tree, fixtures: dict[str, object]) -> str:
    service, said = Traced(tree), ""
    try:
        check(service=service, **fixtures)
    except Exception as error:  # noqa: BLE001 - any error is reported for each combination that has it
        said = f"{type(error).__name__}: {error}"
    for asked, answer in service.asked:
        assert step.asks in (None, asked), f"{check.__name__} asked {step.asks}, then {asked} of the same"
        step.asks = asked
        step = step.then.setdefault(answer, Step())
    step.said = said
    return said


def _look(tree: Tree, asked: Asked) -> Any:  # noqa: ANN401 - as above
    what, argument = asked
    if what == "text":
        return tree.files.get(argument)
    if what == "names":
        return tree.names(argument)
    return tree.answers.get(argument) if what == "answer" else tuple(tree.answers)
