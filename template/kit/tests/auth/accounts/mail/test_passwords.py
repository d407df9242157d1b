"""Forgotten passwords."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from kit.auth.accounts.mail.service import digest_of
from kit.auth.accounts.service import Accounts
from kit.auth.accounts.storage import Purpose, storage_module
from kit.testing.mail_server import MailServer
from kit.tests.auth.accounts.logging_in import PASSWORD, Client
from kit.tests.auth.accounts.mail.mailed import Inbox, mailing_service, post

pytestmark = pytest.mark.anyio

NEW = "a different passphrase"


async def asked(inbox: Inbox, client: Client) -> str:
    """Return the token of a link that somebody has asked for."""
    assert (await post(client, "password/forgotten", email=client.email)).status_code == 202
    return await inbox.token("reset")


async def test_a_reset_ends_all_sessions_and_works_once(inbox: Inbox, ada: Client) -> None:
    token = await asked(inbox, ada)
    assert (await ada.me()).status_code == 200
    assert (await post(ada, "password/reset", token=token, new_password=NEW)).status_code == 204
    assert [(await ada.me()).status_code, (await ada.refresh()).status_code] == [401, 401]
    assert (await post(ada, "password/reset", token=token, new_password=NEW)).status_code == 400
    assert (await ada.log_in()).status_code == 401
    assert (await ada.log_in(password=NEW)).status_code == 200


async def test_a_password_that_cannot_be_used_leaves_the_link_as_it_is(inbox: Inbox, ada: Client) -> None:
    token = await asked(inbox, ada)
    response = await post(ada, "password/reset", token=token, new_password="short")
    assert (response.status_code, response.json()["error"]["code"]) == (422, "VALIDATION_ERROR")
    assert (await post(ada, "password/reset", token=token, new_password=NEW)).status_code == 204


async def test_of_two_uses_at_once_one_wins(inbox: Inbox, ada: Client, mail_server: MailServer) -> None:
    """Two services, with connections of their own, as two processes have."""
    async with mailing_service(mail_server) as other:
        there = Client(other)
        for number in range(6):
            token = await asked(inbox, ada)
            found = await asyncio.gather(
                post(ada, "password/reset", token=token, new_password=f"{NEW} here {number}"),
                post(there, "password/reset", token=token, new_password=f"{NEW} there {number}"),
            )
            assert sorted(each.status_code for each in found) == [204, 400]
            place = "here" if found[0].status_code == 204 else "there"
            assert (await ada.log_in(password=f"{NEW} {place} {number}")).status_code == 200


async def test_a_token_is_for_one_purpose(inbox: Inbox, ada: Client) -> None:
    reset = await asked(inbox, ada)
    grace = Client(inbox.app, "grace@example.com")
    await grace.register()
    verify = await inbox.token("verify")
    for path, token in (("verify", reset), ("email/confirm", reset), ("email/confirm", verify)):
        assert (await post(ada, path, token=token)).status_code == 400
    assert (await post(ada, "password/reset", token=verify, new_password=NEW)).status_code == 400
    assert (await post(ada, "verify", token=verify)).status_code == 204
    assert (await post(ada, "password/reset", token=reset, new_password=NEW)).status_code == 204


@pytest.mark.parametrize("what", ["password", "logout-everywhere", "disabled", "deleted"])
async def test_a_link_ends_when_the_account_changes(what: str, inbox: Inbox, ada: Client, accounts: Accounts) -> None:
    token = await asked(inbox, ada)
    account_id = UUID((await ada.me()).json()["id"])
    match what:
        case "password":
            assert (await ada.post("password", old_password=PASSWORD, new_password=PASSWORD * 2)).status_code == 200
        case "disabled":
            await accounts.storage.disable(account_id, datetime.now(UTC))
        case "deleted":
            await accounts.storage.delete(account_id)
        case _:
            assert (await ada.post(what)).status_code == 204
    assert (await post(ada, "password/reset", token=token, new_password=NEW)).status_code == 400


async def test_a_disabled_account_gets_no_mail(inbox: Inbox, ada: Client, accounts: Accounts) -> None:
    await accounts.storage.disable(UUID((await ada.me()).json()["id"]), datetime.now(UTC))
    assert (await post(ada, "password/forgotten", email=ada.email)).status_code == 202
    assert (await ada.register()).status_code == 202
    assert await inbox.all() == []


async def test_a_link_expires(ada: Client, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    async with mailing_service(mail_server) as app:
        other = Inbox(mail_server, app)
        settings = app.state.mailing._settings.model_copy(update={"reset_lifetime": 1})
        monkeypatch.setattr(app.state.mailing, "_settings", settings)
        token = await asked(other, Client(app))
        await asyncio.sleep(1.2)
        assert (await post(ada, "password/reset", token=token, new_password=NEW)).status_code == 400


async def test_the_database_has_no_token(inbox: Inbox, ada: Client) -> None:
    token = await asked(inbox, ada)
    kept = await storage_module().mail_tokens_of(inbox.app).find(Purpose.RESET, digest_of(token))
    assert kept
    assert token not in str(vars(kept))


@pytest.mark.parametrize("token", ["", "x" * 201, "x" * 1_000_000, None, 7, ["a"]])
async def test_what_is_no_token_is_refused(token: object, inbox: Inbox) -> None:
    response = await post(Client(inbox.app), "password/reset", token=token, new_password=NEW)
    assert response.status_code == 422


async def test_half_of_a_surrogate_pair_is_in_no_token(inbox: Inbox) -> None:
    http = Client(inbox.app).http
    body, headers = '{"token": "\\ud800"}', {"Content-Type": "application/json"}
    assert (await http.post("/auth/verify", content=body, headers=headers)).status_code in {400, 422}
