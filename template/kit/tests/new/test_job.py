"""`python -m kit new job`."""

from pathlib import Path

import pytest

from kit.tests.new.conftest import Make, written


@pytest.mark.parametrize(
    ("options", "timetable", "expected"),
    [
        (("--every", "15m"), "@job(every=timedelta(minutes=15))", '"every 0:15:00"'),
        (("--every", "1d"), "@job(every=timedelta(days=1))", '"every 1 day, 0:00:00"'),
        (("--cron", "0 3 * * mon-fri"), '@job(cron="0 3 * * mon-fri")', '"0 3 * * mon-fri"'),
        ((), "@job()", "close_orders.timetable is None"),
    ],
)
def test_a_job_has_its_timetable_and_its_test(
    project: Path, make: Make, options: tuple[str, ...], timetable: str, expected: str
) -> None:
    result = make("job", "close_orders", *options)
    assert result.exit_code == 0, result.output
    assert timetable in (project / "app/jobs/close_orders.py").read_text("utf-8")
    assert expected in (project / "tests/jobs/test_close_orders.py").read_text("utf-8")
    assert "uv run pytest tests/jobs/test_close_orders.py" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("close-orders",), "close_orders"),
        (("import",), "my_import"),
        (("job",), "needs 'job' itself"),
        (("log",), "needs 'log' itself"),
        (("a", "--every", "soon"), "30s"),
        (("a", "--every", "0m"), "30s"),
        (("a", "--cron", "0 3 * *"), "write 5"),
        (("a", "--cron", "0 3 30 2 *"), "never matches"),
        (("a", "--cron", "0 3 * * *", "--every", "1h"), "either"),
    ],
)
def test_a_wrong_job_is_refused_and_nothing_is_written(
    project: Path, make: Make, arguments: tuple[str, ...], said: str
) -> None:
    result = make("job", *arguments)
    assert (result.exit_code != 0, written(project)) == (True, [])
    assert said in result.stderr


def test_a_job_that_exists_is_refused_and_a_dry_run_writes_nothing(project: Path, make: Make) -> None:
    assert make("job", "close_orders", "--dry-run").exit_code == 0
    assert written(project) == []
    assert make("job", "close_orders").exit_code == 0
    assert "exists already" in make("job", "close_orders").stderr
