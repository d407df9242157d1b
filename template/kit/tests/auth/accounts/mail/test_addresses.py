"""Changes of the address."""

import asyncio

import pytest

from kit.tests.auth.accounts.logging_in import PASSWORD, Client
from kit.tests.auth.accounts.mail.mailed import Inbox, post, verified

pytestmark = pytest.mark.anyio

NEW = "lovelace@example.com"


async def asked(inbox: Inbox, ada: Client) -> str:
    assert (await ada.post("email", email=NEW, password=PASSWORD)).status_code == 202
    return await inbox.token("move")


async def test_an_address_changes_when_the_new_one_is_confirmed(inbox: Inbox, ada: Client) -> None:
    token = await asked(inbox, ada)
    assert (await ada.me()).json()["email"] == ada.email
    assert (await post(ada, "email/confirm", token=token)).status_code == 204
    assert (await ada.me()).json()["email"] == NEW
    notice = await inbox.one()
    assert (notice.message["To"], "#" in notice.text, NEW in notice.text) == (ada.email, False, False)
    assert (await post(ada, "email/confirm", token=token)).status_code == 400
    assert [(await ada.log_in()).status_code, (await ada.log_in(email=NEW)).status_code] == [401, 200]


async def test_a_change_needs_the_password_and_a_session(inbox: Inbox, ada: Client) -> None:
    assert (await ada.post("email", email=NEW, password="not the password")).status_code == 401
    assert (await post(ada, "email", email=NEW, password=PASSWORD)).status_code == 401
    assert await inbox.all() == []


async def test_an_address_of_somebody_else_stays_theirs_and_they_learn_it(inbox: Inbox, ada: Client) -> None:
    grace = await verified(inbox, "grace@example.com")
    free = await ada.post("email", email=NEW, password=PASSWORD)
    await inbox.all()
    taken = await ada.post("email", email=grace.email, password=PASSWORD)
    assert (taken.status_code, taken.json()) == (free.status_code, free.json())
    mail = await inbox.one()
    assert (mail.message["To"], mail.link[1]) == (grace.email, "reset")


async def test_an_address_that_somebody_else_registers_meanwhile_is_a_conflict(inbox: Inbox, ada: Client) -> None:
    token = await asked(inbox, ada)
    await verified(inbox, NEW)
    assert (await post(ada, "email/confirm", token=token)).status_code == 409
    assert (await ada.me()).json()["email"] == ada.email


async def test_a_link_to_the_former_address_changes_no_password(inbox: Inbox, ada: Client) -> None:
    await post(ada, "password/forgotten", email=ada.email)
    reset = await inbox.token("reset")
    await post(ada, "email/confirm", token=await asked(inbox, ada))
    assert (await post(ada, "password/reset", token=reset, new_password="x" * 20)).status_code == 400
    assert (await ada.log_in(email=NEW)).status_code == 200


async def test_a_new_password_stops_a_change_that_a_thief_has_begun(inbox: Inbox, ada: Client) -> None:
    token = await asked(inbox, ada)
    await ada.post("password", old_password=PASSWORD, new_password="a different passphrase")
    assert (await post(ada, "email/confirm", token=token)).status_code == 400


async def test_two_accounts_that_want_one_address_do_not_both_get_it(inbox: Inbox, ada: Client) -> None:
    grace = await verified(inbox, "grace@example.com")
    tokens = [await asked(inbox, ada), await asked(inbox, grace)]
    found = await asyncio.gather(*(post(ada, "email/confirm", token=token) for token in tokens))
    assert sorted(each.status_code for each in found) == [204, 409]
