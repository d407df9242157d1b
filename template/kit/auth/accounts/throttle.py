"""Limits how often a client may try to log in, and how often anybody may try one account."""

from fastapi import Request

from kit.auth.accounts.mail.settings import MailSettings
from kit.auth.accounts.settings import AccountsSettings
from kit.errors import RateLimitException
from kit.limits import client_address
from kit.limits.rate import Counters, Rate
from kit.settings import get_settings


async def throttle(request: Request, account: str | None = None) -> None:
    """Count a try of this client, and of this account; raise `RateLimitException` for one too many.

    It is counted before the password is looked at, or many tries at once would all come through.
    """
    settings = get_settings(request.app, AccountsSettings)
    await _count(request, "address", client_address(request), settings.rate_of_address)
    if account is not None:
        await _count(request, "account", account, settings.rate_of_account)


async def throttle_mail(request: Request, email: str) -> None:
    """Count a mail that this client asks for, and one to this address, whether it has an account or not.

    These do not count as tries to log in: whoever asks for mails to an address does not lock its owner out.
    """
    await throttle(request)
    await _count(request, "mail", email, get_settings(request.app, MailSettings).rate)


async def _count(request: Request, kind: str, key: str, text: str) -> None:
    counters: Counters = request.app.state.counters
    rate = Rate.parse(text)
    count = await counters.hit(f"log in by {kind} {rate}", key, rate)
    if count.hits > rate.amount:
        raise RateLimitException("Too many tries", details={"limit": text}, retry_after=count.seconds_left)
