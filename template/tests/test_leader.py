"""One worker of many leads, and another when it no longer does."""

from pathlib import Path

from app.leader import Leader


def test_one_of_two_leads_until_it_leaves(tmp_path: Path) -> None:
    first, second = (Leader(tmp_path / "new" / "leader.lock") for _ in range(2))
    assert [first.try_acquire(), first.try_acquire(), second.try_acquire()] == [True, True, False]
    assert (first.is_leader, second.is_leader) == (True, False)
    second.release()
    first.release()
    first.release()
    assert (second.try_acquire(), first.is_leader) == (True, False)
    second.release()
