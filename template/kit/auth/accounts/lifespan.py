"""Makes the service accept tokens of its own accounts."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from kit.auth.accounts.cookies import SessionCookies
from kit.auth.accounts.mail.service import mailing
from kit.auth.accounts.mail.settings import MailSettings
from kit.auth.accounts.passwords import Passwords
from kit.auth.accounts.service import Accounts
from kit.auth.accounts.settings import AccountsSettings
from kit.auth.accounts.storage import storage_module
from kit.auth.accounts.tokens import AccessTokens
from kit.auth.accounts.verifier import AccountVerifier
from kit.settings import Settings, get_settings


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    settings = get_settings(app, AccountsSettings)
    passwords = Passwords(settings)
    app.state.accounts = Accounts(storage_module().storage_of(app), passwords, AccessTokens(app), settings)
    app.state.verifier = AccountVerifier(app.state.accounts)
    app.state.cookies = SessionCookies(app.state.accounts, get_settings(app, Settings))
    try:
        async with mailing(app) as app.state.mailing:
            app.state.accounts.verified_only = bool(app.state.mailing) and get_settings(app, MailSettings).verified_only
            yield
    finally:
        passwords.close()
