"""One log file per day and process, kept for a week."""

from collections.abc import Callable, Generator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import rmtree

import pytest

from kit.log_files import DailyFile


@pytest.fixture
def set_today(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return a function that sets the current day of November 2026."""

    def set_day(day: int) -> None:
        monkeypatch.setattr("kit.log_files._today", lambda: date(2026, 11, day))

    set_day(20)
    return set_day


@pytest.fixture
def file(tmp_path: Path, set_today: Callable[[int], None]) -> Generator[DailyFile]:
    set_today(20)
    with closing(DailyFile(tmp_path / "logs", "shop")) as file:
        yield file


def written(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in sorted((folder / "logs").glob("*.log"))}


def test_the_folder_is_created(tmp_path: Path, file: DailyFile) -> None:
    file.write(b"a line\n")
    file.flush()
    assert written(tmp_path) == {"shop-0-2026-11-20.log": "a line\n"}


def test_days_are_in_utc(tmp_path: Path) -> None:
    before = datetime.now(UTC).date()
    with closing(DailyFile(tmp_path / "logs", "shop")):
        pass
    assert list(written(tmp_path)) in [[f"shop-0-{day}.log"] for day in (before, datetime.now(UTC).date())]


def test_each_day_has_its_own_file(tmp_path: Path, file: DailyFile, set_today: Callable[[int], None]) -> None:
    file.write(b"on friday\n")
    set_today(21)
    file.write(b"on saturday\n")
    file.flush()
    assert written(tmp_path) == {"shop-0-2026-11-20.log": "on friday\n", "shop-0-2026-11-21.log": "on saturday\n"}


@pytest.mark.usefixtures("set_today")
def test_a_restart_continues_the_file_of_the_day(tmp_path: Path) -> None:
    for line in (b"before\n", b"after\n"):
        with closing(DailyFile(tmp_path / "logs", "shop")) as file:
            file.write(line)
    assert written(tmp_path) == {"shop-0-2026-11-20.log": "before\nafter\n"}


def test_each_process_takes_the_lowest_free_slot(tmp_path: Path, file: DailyFile) -> None:
    second, third = (DailyFile(tmp_path / "logs", "shop") for _ in range(2))
    second.close()
    with closing(DailyFile(tmp_path / "logs", "shop")) as fourth:
        for name, each in {"first": file, "third": third, "fourth": fourth}.items():
            each.write(name.encode())
            each.flush()
    third.close()
    assert written(tmp_path) == {
        "shop-0-2026-11-20.log": "first",
        "shop-1-2026-11-20.log": "fourth",
        "shop-2-2026-11-20.log": "third",
    }


def test_services_can_share_a_folder(tmp_path: Path, file: DailyFile) -> None:
    with closing(DailyFile(tmp_path / "logs", "billing")):
        file.flush()
    assert list(written(tmp_path)) == ["billing-0-2026-11-20.log", "shop-0-2026-11-20.log"]


def test_old_files_of_all_processes_are_removed(
    tmp_path: Path, file: DailyFile, set_today: Callable[[int], None]
) -> None:
    old = ["shop-0-2026-11-13.log", "shop-4-2026-11-13.log", "shop-7-2025-12-31.log"]
    kept = ["shop-0-2026-11-14.log", "shop-4-2026-11-14.log", "billing-0-2026-11-01.log", "shop-0-notes.log"]
    for name in [*old, *kept]:
        (tmp_path / "logs" / name).touch()
    set_today(21)
    file.write(b"a new day\n")
    assert set(written(tmp_path)) == {*kept, "shop-0-2026-11-20.log", "shop-0-2026-11-21.log"}


@pytest.mark.usefixtures("set_today")
def test_old_files_are_removed_at_the_start_too(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "shop-3-2026-11-12.log").touch()
    with closing(DailyFile(tmp_path / "logs", "shop")):
        assert list(written(tmp_path)) == ["shop-0-2026-11-20.log"]


@pytest.mark.usefixtures("set_today")
def test_every_service_name_gives_a_file_name(tmp_path: Path) -> None:
    with closing(DailyFile(tmp_path / "logs", "Billing / API [EU]")) as file:
        file.write(b"a line\n")
    assert written(tmp_path) == {"Billing-API-EU--0-2026-11-20.log": "a line\n"}


@pytest.mark.usefixtures("set_today")
def test_a_full_disk_raises_no_error(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/shop-0-2026-11-20.log").symlink_to("/dev/full")
    with closing(DailyFile(tmp_path / "logs", "shop")) as file:
        file.write(b"a line\n")
        file.flush()


def test_a_new_day_whose_file_cannot_be_opened_is_reported_once_and_tried_again(
    tmp_path: Path, file: DailyFile, set_today: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    obstacle = tmp_path / "logs/shop-0-2026-11-21.log"
    obstacle.mkdir()
    set_today(21)
    for line in (b"first\n", b"second\n", b"third\n"):
        file.write(line)
    assert written_to(tmp_path / "logs/shop-0-2026-11-20.log") == "first\nsecond\nthird\n"
    [report] = capsys.readouterr().err.splitlines()
    assert str(obstacle) in report
    obstacle.rmdir()
    file.write(b"fourth\n")
    assert written_to(obstacle) == "fourth\n"
    assert capsys.readouterr().err == ""


def test_a_new_day_creates_a_folder_that_is_gone(
    tmp_path: Path, file: DailyFile, set_today: Callable[[int], None]
) -> None:
    rmtree(tmp_path / "logs")
    set_today(21)
    file.write(b"a line\n")
    assert written(tmp_path) == {"shop-0-2026-11-21.log": "a line\n"}


def test_an_old_file_that_cannot_be_removed_does_not_matter(
    tmp_path: Path, file: DailyFile, set_today: Callable[[int], None]
) -> None:
    (tmp_path / "logs/shop-0-2026-11-01.log").mkdir()
    set_today(21)
    file.write(b"a line\n")
    assert written_to(tmp_path / "logs/shop-0-2026-11-21.log") == "a line\n"


def written_to(path: Path) -> str:
    return path.read_text("utf-8")
