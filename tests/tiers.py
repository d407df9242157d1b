"""How much of the suite a run does: the default, every combination, or a part of that."""

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from typing import Literal, NamedTuple

import pytest

from tests.array import covering_array
from tests.combinations import Combination, all_combinations
from tests.shards import parse_shard, select
from tests.walkthrough import not_run

EVERY = "uv run pytest --every"
AGAIN = "uv run pytest --again"


class Axis(NamedTuple):
    """A parameter of a test, and its values in either run: `@pytest.mark.axis("change", default=…, every=…)`."""

    name: str
    default: Sequence[object]
    every: Sequence[object]


def add_options(parser: pytest.Parser) -> None:
    group = parser.getgroup("slipway")
    group.addoption("--every", action="store_true", help="Run the services of all combinations, and every walk whole.")
    group.addoption("--shard", metavar="K/N", type=parse_shard, help="Run the K-th of N parts that take equally long.")
    group.addoption("--again", action="store_true", help="Run what this machine has proved of the same service before.")


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Parametrize a test with its combinations and the values of its axes.

    The combinations are those of `@pytest.mark.combinations`, or all combinations or the covering array, by the run.
    `@pytest.mark.among` keeps those for which its condition is true.
    """
    every = bool(metafunc.config.getoption("every"))
    axes = [Axis(*mark.args, **mark.kwargs) for mark in metafunc.definition.iter_markers("axis")]
    if "combination" in metafunc.fixturenames and "combination" not in [axis.name for axis in axes]:
        chosen = _combinations(metafunc, every=every)
        axes.append(Axis("combination", chosen, chosen))
    for axis in sorted(axes, key=lambda axis: axis.name != "combination"):  # first in the ids, which deal tests out
        metafunc.parametrize(axis.name, axis.every if every else axis.default, ids=_id, scope=_scope(axis))


def choose(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the items of the tier, and of the shard if the run has one."""
    if not config.getoption("every"):
        _keep(config, items, {item.nodeid for item in items if not item.get_closest_marker("every")})
    if shard := config.getoption("shard"):
        _keep(config, items, select([item.nodeid for item in items], *shard))


def _keep(config: pytest.Config, items: list[pytest.Item], ids: Container[str]) -> None:
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in ids])
    items[:] = [item for item in items if item.nodeid in ids]


def left_out(config: pytest.Config) -> Iterator[str]:
    """Yield lines that say what this run has left out, and how to run it."""
    if not config.getoption("every"):
        further = len(all_combinations()) - len(covering_array())
        yield (
            f"{len(covering_array())} combinations, in which every two answers occur together, ran as services; the"
            f" further {further} were rendered and proved as text. To run them too, for hours on 2 cores:"
        )
        yield f"    {EVERY}"
        yield f"or a part of it, such as the first of 96:\n    {EVERY} --shard 1/96"
    elif shard := config.getoption("shard"):
        yield f"This was part {shard[0]} of {shard[1]}. All of it:\n    {EVERY}"
    yield "Thousands of further changes of answers, for hours:\n    uv run pytest -m nightly"
    for program, count in Counter(line.split()[0] for line in not_run()).items():
        yield f"{count} commands of the documentation, which need {program}."


def _combinations(metafunc: pytest.Metafunc, *, every: bool) -> list[Combination]:
    if named := metafunc.definition.get_closest_marker("combinations"):
        return list(named.args[0])
    among = metafunc.definition.get_closest_marker("among")
    of_tier = all_combinations() if every else covering_array()
    return [each for each in of_tier if not among or among.kwargs["condition"](each)]


def _scope(axis: Axis) -> Literal["session"] | None:
    return "session" if axis.name == "combination" else None


def _id(value: object) -> str | None:
    return getattr(value, "id", None)
