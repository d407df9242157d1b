"""Registration and verification: what an address learns, and what others do not."""

import asyncio
import time
from statistics import median
from typing import Any

import pytest
from fastapi import FastAPI

from kit.testing.mail_server import MailServer
from kit.tests.auth.accounts.logging_in import PASSWORD, Client
from kit.tests.auth.accounts.mail.mailed import PAGE, SENDER, Inbox, mailing_service, post, verified

pytestmark = pytest.mark.anyio


def same(response: Any) -> tuple[int, Any, dict[str, str]]:
    """Return what an answer says, without what differs each time."""
    body = response.json()
    if "error" in body:
        body = {**body["error"], "request_id": "", "timestamp": ""}
    headers = {name: value for name, value in response.headers.items() if name != "x-request-id"}
    return response.status_code, body, headers


async def test_a_link_verifies_the_address_once(inbox: Inbox) -> None:
    client = Client(inbox.app, "Ada@Example.com")
    assert (await client.register()).status_code == 202
    assert (await client.log_in()).status_code == 401
    mail = await inbox.one()
    page, purpose, token = mail.link
    assert (page, purpose, len(token)) == (PAGE, "verify", 43)
    assert (mail.message["To"], mail.message["From"]) == ("ada@example.com", SENDER)
    assert mail.recipients == ["<ada@example.com>"]
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert (await post(client, "verify", token=token)).status_code == 204
    again = await post(client, "verify", token=token)
    assert (again.status_code, again.json()["error"]["code"]) == (400, "BAD_REQUEST")
    assert (await client.log_in()).status_code == 200
    assert (await client.me()).json()["verified_at"]


async def test_an_answer_does_not_say_whether_an_address_is_registered(inbox: Inbox, ada: Client) -> None:
    nobody = Client(inbox.app, "nobody@example.com")
    for path in ("password/forgotten", "verification"):
        known, unknown = [await post(ada, path, email=each.email) for each in (ada, nobody)]
        assert same(known) == same(unknown)
        assert known.status_code == 202
    assert same(await ada.register()) == same(await nobody.register())
    wrong, unverified = await nobody.log_in(password="not the password"), await nobody.log_in()
    assert unverified.status_code == 401
    assert same(wrong) == same(unverified) == same(await ada.log_in(email="else@example.com"))


@pytest.mark.parametrize("path", ["register", "password/forgotten", "verification"])
async def test_the_time_of_an_answer_does_not_say_whether_an_account_exists(
    path: str, inbox: Inbox, ada: Client
) -> None:
    """The medians differ by less than an eighth of the time that a mail takes."""
    inbox.server.pause = 0.02

    async def seconds(email: str) -> float:
        body = {"email": email} | ({"password": PASSWORD} if path == "register" else {})
        started = time.perf_counter()
        assert (await post(ada, path, **body)).status_code == 202
        taken = time.perf_counter() - started
        await inbox.all()
        return taken

    pairs = [(await seconds(ada.email), await seconds(f"nobody{number}@example.com")) for number in range(15)]
    inbox.server.pause = 0
    known, unknown = (median(each) for each in zip(*pairs, strict=True))
    assert known == pytest.approx(unknown, abs=0.02)


async def test_who_registers_again_gets_a_link_to_a_new_password(inbox: Inbox, ada: Client) -> None:
    assert (await ada.register(password="the password of an attacker")).status_code == 202
    mail = await inbox.one()
    assert "You have an account" in mail.message["Subject"]
    assert mail.link[1] == "reset"
    assert (await ada.log_in(password="the password of an attacker")).status_code == 401
    assert (await ada.log_in()).status_code == 200


async def test_an_impostor_who_registers_first_loses_the_account_to_the_owner_of_the_address(inbox: Inbox) -> None:
    impostor, owner = Client(inbox.app, password="the password of an impostor"), Client(inbox.app)
    await impostor.register()
    await inbox.all()
    assert (await impostor.log_in()).status_code == 401
    await owner.register()
    assert (
        await post(owner, "password/reset", token=await inbox.token("reset"), new_password=PASSWORD)
    ).status_code == 204
    assert [(await impostor.log_in()).status_code, (await owner.log_in()).status_code] == [401, 200]


async def test_a_new_link_replaces_the_old_one(inbox: Inbox) -> None:
    client = Client(inbox.app)
    await client.register()
    old = await inbox.token("verify")
    await post(client, "verification", email=client.email)
    new = await inbox.token("verify")
    assert (await post(client, "verify", token=old)).status_code == 400
    assert (await post(client, "verify", token=new)).status_code == 204
    await post(client, "verification", email=client.email)
    assert await inbox.all() == []


async def test_two_spellings_that_register_at_once_make_one_account(inbox: Inbox, mail_server: MailServer) -> None:
    spellings = ["Ada@Example.com", "ada@example.com", "\uff21\uff24\uff21@example.com", " ada@EXAMPLE.COM "]
    async with mailing_service(mail_server) as other:
        clients = [Client(each, email) for each in (inbox.app, other) for email in spellings]
        found = await asyncio.gather(*(client.register() for client in clients))
        assert [each.status_code for each in found] == [202] * 8
        mails = await Inbox(mail_server, other).all() + await inbox.all()
    assert len([each for each in mails if each.link[1] == "verify"]) == 1
    assert {each.message["To"] for each in mails} == {"ada@example.com"}
    accounts = await inbox.app.state.accounts.storage.list_accounts(None, 10)
    assert [each.email for each in accounts] == ["ada@example.com"]


async def test_an_owner_may_let_unverified_accounts_log_in(mail_server: MailServer, inbox: Inbox) -> None:
    del inbox
    async with mailing_service(mail_server, verified_only=False) as app:
        client = Client(app)
        assert (await client.register()).status_code == 202
        await Inbox(mail_server, app).all()
        assert (await client.log_in()).status_code == 200
        assert (await client.me()).json()["verified_at"] is None


async def test_what_leads_to_a_mail_is_throttled_the_same_for_everybody(mail_server: MailServer, inbox: Inbox) -> None:
    await verified(inbox)
    async with mailing_service(mail_server, rate="3/hour") as app:
        clients = Client(app), Client(app, "nobody@example.com")
        for client in clients:
            found = [(await post(client, "password/forgotten", email=client.email)).status_code for _ in range(4)]
            assert found == [202, 202, 202, 429]
            assert (await client.register(email=client.email.upper())).status_code == 429
            assert (await post(client, "verification", email=client.email)).status_code == 429
        assert len(await Inbox(mail_server, app).all()) == 3
        assert (await clients[0].log_in()).status_code == 200


@pytest.mark.parametrize("path", ["verification", "password/forgotten", "verify"])
async def test_a_service_without_a_sender_says_so(path: str, without_mails: FastAPI) -> None:
    body = {"token": "a"} if path == "verify" else {"email": "ada@example.com"}
    response = await post(Client(without_mails), path, **body)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "NOT_FOUND")
