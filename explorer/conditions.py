"""For which answers something is there, as the fewest answers that decide it."""

import functools
from collections.abc import Mapping, Sequence
from typing import TypedDict

from tests.combinations import Answer, Answers


class Condition(TypedDict):
    """Something is there if the answers to these questions, joined by spaces, are among these answers."""

    questions: list[str]
    answers: list[str]


class Conditions:
    """The conditions of everything, each once. A set of assignments is a number with a bit for each assignment."""

    def __init__(self, assignments: Sequence[Answers]) -> None:
        self._assignments = assignments
        self._questions = tuple(dict.fromkeys(name for answers in assignments for name in answers))
        self._numbers: dict[int, int] = {}
        self._classes = functools.cache(self._classes_of)

    def number(self, there: int) -> int:
        """Return the number, in the list of all, of the condition that holds for these assignments."""
        return self._numbers.setdefault(there, len(self._numbers))

    def all(self) -> list[Condition]:
        return [self.condition(there) for there in self._numbers]

    def condition(self, there: int) -> Condition:
        names = self._questions
        for name in reversed(self._questions):
            fewer = tuple(each for each in names if each != name)
            if all(same & there in (0, same) for same in self._classes(fewer).values()):
                names = fewer
        answers = [key for key, same in self._classes(names).items() if same & there]
        return {"questions": list(names), "answers": answers}

    def _classes_of(self, names: tuple[str, ...]) -> Mapping[str, int]:
        """Return the assignments that give the same answers to these questions, by the answers."""
        found: dict[str, int] = {}
        for number, answers in enumerate(self._assignments):
            key = " ".join(spoken(answers[name]) if name in answers else "" for name in names)
            found[key] = found.get(key, 0) | 1 << number
        return found


def spoken(answer: Answer) -> str:
    """Return an answer as `--data` takes it."""
    return str(answer).lower() if isinstance(answer, bool) else answer
