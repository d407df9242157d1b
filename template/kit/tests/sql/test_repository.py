"""The queries that all models share."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Delete, Update, delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from kit.sql import BaseRepository, Database
from kit.sql.dialect import dialect
from kit.testing.scratch_tables import Note, Topic, statements

pytestmark = pytest.mark.anyio


class NoteRepository(BaseRepository[Note, UUID]):
    key_fields = ("title",)


async def test_a_row_is_created_read_changed_and_deleted(notes: Database) -> None:
    async with notes.session() as session:
        repository = NoteRepository(Note, session)
        note = await repository.create(title="a")
        assert await repository.get_by_id(note.id) is note
        assert (await repository.update(note.id, stars=2)) is note
    async with notes.session() as session:
        repository = NoteRepository(Note, session)
        read = await repository.get_by_id(note.id)
        assert read
        assert (read.title, read.stars, read.created_at, read.updated_at) == ("a", 2, note.created_at, note.updated_at)
        assert await repository.delete(note.id)
        assert not await repository.delete(note.id)


async def test_a_row_that_does_not_exist_is_none(notes: Database) -> None:
    async with notes.session() as session:
        repository = NoteRepository(Note, session)
        assert await repository.get_by_id(uuid4()) is None
        assert await repository.update(uuid4(), title="b") is None


async def test_of_concurrent_deletes_of_a_row_one_succeeds(notes: Database) -> None:
    async with notes.session() as session:
        note = await NoteRepository(Note, session).create(title="a")

    async def remove() -> bool:
        async with notes.session() as session:
            return await NoteRepository(Note, session).delete(note.id)

    async def change() -> bool:
        async with notes.session() as session:
            return await NoteRepository(Note, session).update(note.id, stars=1) is not None

    outcomes = await asyncio.gather(*(work() for _ in range(4) for work in (change, remove)))
    assert sum(outcomes[1::2]) == 1


async def test_an_unknown_field_is_an_error(notes: Database) -> None:
    async with notes.session() as session:
        repository = NoteRepository(Note, session)
        note = await repository.create(title="a")
        with pytest.raises(TypeError, match="Note has no field 'colour'"):
            await repository.update(note.id, colour="red")


async def test_the_key_of_a_row_cannot_change(notes: Database) -> None:
    async with notes.session() as session:
        repository = NoteRepository(Note, session)
        note = await repository.create(title="a")
        for values in ({"id": uuid4()}, {"id": note.id}, {"id": uuid4(), "stars": 2}):
            with pytest.raises(ValueError, match="'id' is the key of Note and cannot change"):
                await repository.update(note.id, **values)
        assert await repository.get_by_id(note.id) is note
        assert note.stars == 0


async def loaded(notes: Database, session: AsyncSession) -> Note:
    """Return a note that another session has created and this one has loaded."""
    async with notes.session() as first:
        created = await NoteRepository(Note, first).create(title="a", stars=1)
    note = await NoteRepository(Note, session).get_by_id(created.id)
    assert note
    return note


async def execute_elsewhere(notes: Database, session: AsyncSession, statement: Update | Delete) -> None:
    """Execute and commit in another session; if only one can write, in this one, without telling its objects."""
    if dialect.ONE_WRITER:
        await session.execute(statement, execution_options={"synchronize_session": False})
    else:
        async with notes.session() as other:
            await other.execute(statement)


async def test_an_update_back_to_what_the_session_has_loaded_is_written(notes: Database) -> None:
    async with notes.session() as session:
        note = await loaded(notes, session)
        await execute_elsewhere(notes, session, update(Note).values(stars=2, title="b"))
        updated = await NoteRepository(Note, session).update(note.id, stars=1)
        assert updated is note
        assert (note.stars, note.title) == (1, "b")
    async with notes.session() as session:
        read = await NoteRepository(Note, session).get_by_id(note.id)
        assert read
        assert (read.stars, read.title) == (1, "b")


async def test_changes_that_the_session_has_not_written_yet_survive_an_update(notes: Database) -> None:
    async with notes.session() as session:
        note = await NoteRepository(Note, session).create(title="a")
        note.title = "b"
        await NoteRepository(Note, session).update(note.id, stars=1)
        assert (note.title, note.stars) == ("b", 1)


async def test_a_row_that_another_session_has_changed_is_deleted(notes: Database) -> None:
    async with notes.session() as session:
        note = await loaded(notes, session)
        await execute_elsewhere(notes, session, update(Note).values(stars=2))
        assert await NoteRepository(Note, session).delete(note.id)
    async with notes.session() as session:
        assert await NoteRepository(Note, session).count() == 0


async def test_a_row_that_another_session_has_deleted_is_gone(notes: Database) -> None:
    async with notes.session() as session:
        note = await loaded(notes, session)
        await execute_elsewhere(notes, session, delete(Note))
        assert await NoteRepository(Note, session).update(note.id, stars=1) is None
        assert not await NoteRepository(Note, session).delete(note.id)


async def test_rows_come_in_the_order_of_their_creation(notes: Database) -> None:
    async with notes.session() as session:
        repository = NoteRepository(Note, session)
        created = [await repository.create(title=title) for title in "dacb"]
        assert await repository.get_all() == created
        assert await repository.get_all(limit=2, offset=1) == created[1:3]
        first = await repository.get_page(None, 3)
        assert (first.items, first.next) == (created[:3], created[2].id)
        assert (await repository.get_page(first.next, 3)).items == created[3:]
        assert (await repository.get_page(None, 4)).next is None


async def test_a_row_that_the_session_has_is_not_read_again(notes: Database) -> None:
    async with notes.session() as session:
        note = await NoteRepository(Note, session).create(title="a")
    async with notes.session() as session:
        repository = NoteRepository(Note, session)
        with statements(notes.engines.writer) as seen:
            assert await repository.get_by_id(note.id) is await repository.get_by_id(note.id)
    assert len([each for each in seen if each.startswith("SELECT")]) == 1


async def test_fields_are_read_in_pages_with_the_changes_of_the_session(notes: Database) -> None:
    async with notes.session() as session:
        repository = NoteRepository(Note, session)
        created = [await repository.create(title=title) for title in "abc"]
        created[0].stars = 5
        first = await repository.read_page(None, 2)
        names = ("id", "title", "stars", "created_at", "updated_at")
        assert first.items == [{name: getattr(note, name) for name in names} for note in created[:2]]
        assert [note["title"] for note in (await repository.read_page(first.next, 2)).items] == ["c"]
        assert (await repository.read_page(None, 2, Note.stars > 4)).next is None
        assert [note["stars"] for note in (await repository.read_page(None, 2, title="a")).items] == [5]


async def test_rows_that_are_read_with_others_come_once(notes: Database) -> None:
    async with notes.session() as session:
        topics = BaseRepository[Topic, UUID](Topic, session)
        parent = await topics.create()
        children = [await topics.create(parent_id=parent.id) for _ in range(2)]
    async with notes.read_session() as session:
        topics = BaseRepository[Topic, UUID](Topic, session)
        found = await topics.get_by_id(parent.id)
        assert found
        assert {child.id for child in found.children} == {child.id for child in children}
    async with notes.read_session() as session:
        topics = BaseRepository[Topic, UUID](Topic, session)
        assert len(await topics.get_all()) == 3
        assert [topic.id for topic in (await topics.get_page(None, 2)).items] == [parent.id, children[0].id]
        assert [topic["id"] for topic in (await topics.read_page(None, 2)).items] == [parent.id, children[0].id]


async def test_rows_can_be_filtered_and_counted(notes: Database) -> None:
    async with notes.session() as session:
        repository = NoteRepository(Note, session)
        for number, title in enumerate("abc"):
            await repository.create(title=title, stars=number)
        assert await repository.count() == 3
        assert await repository.count(Note.stars > 0) == 2
        assert [note.title for note in (await repository.get_page(None, 9, Note.stars > 0)).items] == ["b", "c"]


async def test_a_page_is_found_by_its_key_and_not_by_counting(notes: Database) -> None:
    async with notes.read_session() as session:
        with statements(notes.engines.reader) as seen:
            await NoteRepository(Note, session).get_page(uuid4(), 10)
    assert len(seen) == 1
    assert "scratch_notes.id > " in seen[0]


async def test_many_rows_are_upserted_by_the_key_of_the_repository(notes: Database) -> None:
    async with notes.session() as session:
        repository = NoteRepository(Note, session)
        await repository.create(title="a")
        counts = await repository.bulk_upsert([{"title": "a", "stars": 1}, {"title": "b", "stars": 2}])
        assert counts == {"matched": 1, "modified": 1, "upserted": 1}
        assert {note.title: note.stars for note in await repository.get_all()} == {"a": 1, "b": 2}


async def test_times_are_stored_from_any_zone_and_returned_in_utc(notes: Database) -> None:
    noon = datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    async with notes.session() as session:
        note = await NoteRepository(Note, session).create(title="a", created_at=noon)
        await session.refresh(note)
    assert (note.created_at, note.created_at.tzinfo) == (noon, UTC)


async def test_a_time_without_a_zone_is_refused(notes: Database) -> None:
    with pytest.raises(Exception, match="no time zone"):
        async with notes.session() as session:
            await NoteRepository(Note, session).create(title="a", created_at=datetime(2026, 6, 1))  # noqa: DTZ001
