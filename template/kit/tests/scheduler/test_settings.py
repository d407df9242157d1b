"""The settings of the jobs."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from kit.scheduler.settings import SchedulerSettings


@pytest.mark.parametrize(("text", "seconds"), [("900", 900), ("0.5", 0.5), ("00:15:00", 900), ("PT15M", 900)])
def test_a_time_is_a_number_of_seconds(text: str, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEDULER_JOB_TIMEOUT", text)
    assert SchedulerSettings().job_timeout == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["0", "-1", "inf", "nan", "soon", "1e99"])
def test_an_invalid_time_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEDULER_JOB_TIMEOUT", text)
    with pytest.raises(ValidationError):
        SchedulerSettings()
