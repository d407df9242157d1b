"""What the tests prove for each combination, in the default run and in that of `--every`."""

from collections.abc import Iterable
from typing import NamedTuple

from tests.combinations import all_combinations
from tests.proofs import proofs, subject


class Proved(NamedTuple):
    """What a test file proves, with the combinations that each run covers."""

    words: str
    default: int
    every: int


def proved(default: Iterable[str], every: Iterable[str]) -> list[Proved]:
    """Return what the tests prove, from their ids in the two runs."""
    of_default, of_every = proofs(default), proofs(every)
    return [
        Proved(subject(module), _numbered(of_default.get(module, set())), _numbered(names))
        for module, names in of_every.items()
    ]


def _numbered(names: set[str]) -> int:
    return sum(1 << number for number, each in enumerate(all_combinations()) if each.id in names)
