"""How much of the suite a run does: the default, all tests, every combination, or a part of that."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import pytest

from tests.array import covering_array
from tests.combinations import Combination, all_combinations
from tests.shards import parse_shard, select
from tests.walkthrough import not_run

EVERY = "uv run pytest --every"
THOROUGH = "uv run pytest --thorough"
AGAIN = "uv run pytest --again"
LEFT_OUT = pytest.StashKey[dict[str, set[str]]]()
"""For `thorough` and `every`, the files of which that run has more than this one."""


class Axis(NamedTuple):
    """A parameter of a test, and its values in each run: `@pytest.mark.axis("change", default=…, every=…)`."""

    name: str
    default: Sequence[object]
    every: Sequence[object]
    thorough: Sequence[object] | None = None

    def values(self, config: pytest.Config) -> Sequence[object]:
        if config.getoption("every"):
            return self.every
        return self.default if self.thorough is None or not config.getoption("thorough") else self.thorough


def add_options(parser: pytest.Parser) -> None:
    group = parser.getgroup("slipway")
    group.addoption("--thorough", action="store_true", help="Run all tests, with the services of the default run.")
    group.addoption("--every", action="store_true", help="Run the services of all combinations, and every walk whole.")
    group.addoption("--shard", metavar="K/N", type=parse_shard, help="Run the K-th of N parts that take equally long.")
    group.addoption("--again", action="store_true", help="Run what this machine has proved of the same service before.")


def is_thorough(config: pytest.Config) -> bool:
    """Whether the run has all tests."""
    return bool(config.getoption("thorough") or config.getoption("every"))


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Parametrize a test with its combinations and the values of its axes.

    The combinations are those of `@pytest.mark.combinations`, or all combinations or the covering array, by the run.
    `@pytest.mark.among` keeps those for which its condition is true. In the default run, `@pytest.mark.sample` keeps
    those that it names.
    """
    axes = [Axis(*mark.args, **mark.kwargs) for mark in metafunc.definition.iter_markers("axis")]
    if "combination" in metafunc.fixturenames and "combination" not in [axis.name for axis in axes]:
        chosen = _combinations(metafunc)
        axes.append(Axis("combination", chosen, chosen))
    for axis in sorted(axes, key=lambda axis: axis.name != "combination"):  # first in the ids, which deal tests out
        metafunc.parametrize(axis.name, axis.values(metafunc.config), ids=_id, scope=_scope(axis))


def choose(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the items of the tier, and of the shard if the run has one."""
    further = {"thorough": not is_thorough(config), "every": not config.getoption("every")}
    config.stash[LEFT_OUT] = {
        run: {item.location[0] for item in items if _has_more(item, run)}
        for run, has_more in further.items()
        if has_more
    }
    for run in config.stash[LEFT_OUT]:
        _keep(config, items, {item.nodeid for item in items if not item.get_closest_marker(run)})
    if shard := config.getoption("shard"):
        _keep(config, items, select([item.nodeid for item in items], *shard))


def _keep(config: pytest.Config, items: list[pytest.Item], ids: Container[str]) -> None:
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in ids])
    items[:] = [item for item in items if item.nodeid in ids]


def _has_more(item: pytest.Item, run: str) -> bool:
    """Whether the run `thorough` or `every` has the item, or others of its test, and this one has not."""
    axes = [Axis(*mark.args, **mark.kwargs) for mark in item.iter_markers("axis")]
    if run == "every":
        return bool(item.get_closest_marker("every")) or any(axis.every != axis.default for axis in axes)
    sampled = item.get_closest_marker("thorough") or item.get_closest_marker("sample")
    return bool(sampled) or any(axis.thorough is not None for axis in axes)


def left_out(config: pytest.Config) -> Iterator[str]:
    """Yield lines that say what this run has left out, and how to run it."""
    no_files: dict[str, set[str]] = {}
    files = config.stash.get(LEFT_OUT, no_files)
    if longer := files.get("thorough"):
        yield f"Longer tests of {_subjects(longer)}. To run them too, for three quarters of an hour on 2 cores:"
        yield f"    {THOROUGH}"
    if not config.getoption("every"):
        further = len(all_combinations()) - len(covering_array())
        yield (
            f"{len(covering_array())} combinations, in which every two answers occur together, ran as services; the"
            f" further {further} were rendered and proved as text. To run them too, for hours on 2 cores:"
        )
        yield f"    {EVERY}"
        yield f"or a part of it, such as the first of 96:\n    {EVERY} --shard 1/96"
        if cases := files.get("every"):
            yield f"It also has further cases of {_subjects(cases)}."
    elif shard := config.getoption("shard"):
        yield f"This was part {shard[0]} of {shard[1]}. All of it:\n    {EVERY}"
    yield "Thousands of further changes of answers, for hours:\n    uv run pytest -m nightly"
    for program, count in Counter(line.split()[0] for line in not_run()).items():
        yield f"{count} commands of the documentation, which need {program}."


def _subjects(files: Iterable[str]) -> str:
    return ", ".join(sorted(Path(file).stem.removeprefix("test_") for file in files))


def _combinations(metafunc: pytest.Metafunc) -> list[Combination]:
    found = _of_the_test(metafunc)
    sample = metafunc.definition.get_closest_marker("sample")
    return found if not sample or is_thorough(metafunc.config) else [each for each in found if each in sample.args[0]]


def _of_the_test(metafunc: pytest.Metafunc) -> list[Combination]:
    if named := metafunc.definition.get_closest_marker("combinations"):
        return list(named.args[0])
    among = metafunc.definition.get_closest_marker("among")
    of_tier = all_combinations() if metafunc.config.getoption("every") else covering_array()
    return [each for each in of_tier if not among or among.kwargs["condition"](each)]


def _scope(axis: Axis) -> Literal["session"] | None:
    return "session" if axis.name == "combination" else None


def _id(value: object) -> str | None:
    return getattr(value, "id", None)
