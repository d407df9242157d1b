"""Each test of `--every` is in exactly one part, and no part takes more than ten minutes."""

import re

import pytest
import yaml

from tests.combinations import ROOT
from tests.distribution import scope_of
from tests.proofs import collected
from tests.shards import UNKNOWN, deal, function_of, parse_shard, recorded

pytestmark = [pytest.mark.thorough, pytest.mark.render]

WORKFLOW = ROOT / ".github/workflows/matrix.yml"
WORKERS, LIMIT = 4, 600  # seconds, on two cores


def shards_of_the_workflow() -> int:
    (shards,) = re.findall(r"matrix\.shard \}\}/(\d+)$", WORKFLOW.read_text("utf-8"), re.MULTILINE)
    return int(shards)


def test_the_jobs_of_the_workflow_run_each_test_once(ids_of_every: list[str]) -> None:
    job = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]["every"]
    shards = shards_of_the_workflow()
    assert job["steps"][-1] == {"run": 'uv run pytest --every --shard "$SHARD"'}
    assert job["env"]["SLIPWAY_SEED"] == "${{ github.run_id }}"  # it decides on some ids, so all parts need the same
    assert job["strategy"]["matrix"]["shard"] == list(range(1, shards + 1))
    parts = deal(ids_of_every, shards)
    assert sorted(each for part in parts for each in part) == sorted(ids_of_every)
    assert all(parts)


@pytest.mark.every
def test_a_run_of_a_part_has_the_tests_that_are_dealt_to_it(ids_of_every: list[str]) -> None:
    assert set(collected("--every", "--shard=2/3")) == deal(ids_of_every, 3)[1]


def test_no_part_takes_more_than_ten_minutes(ids_of_every: list[str]) -> None:
    durations = recorded()
    parts = deal(ids_of_every, shards_of_the_workflow())
    seconds = [sum(durations.get(function_of(each), UNKNOWN) for each in part) for part in parts]
    assert max(seconds) / WORKERS < LIMIT, seconds


def test_the_record_is_of_tests_that_there_are(ids_of_every: list[str]) -> None:
    assert recorded()
    assert recorded().keys() <= {function_of(each) for each in ids_of_every}


def test_the_tests_of_a_combination_are_in_one_part(ids_of_every: list[str]) -> None:
    scopes = [{scope_of(each) for each in part} for part in deal(ids_of_every, 5)]
    assert sum(map(len, scopes)) == len(set[str]().union(*scopes))


@pytest.mark.parametrize("text", ["", "3", "0/4", "5/4", "a/b", "1/0"])
def test_an_invalid_part_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 3/16"):
        parse_shard(text)
