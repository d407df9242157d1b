"""`/auth/…`: register, log in and out, refresh, change a password, and delete the account. Bodies are JSON.

A page of another site can make a browser send a form, but not JSON, so nobody is logged in to an account of somebody
else unawares. A form would also need a parser, which nothing else here does.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from kit.auth.accounts.cookies import CookieUser, get_session_cookies
from kit.auth.accounts.deletion import delete_account
from kit.auth.accounts.lifespan import lifespan
from kit.auth.accounts.mail.schemas import Accepted
from kit.auth.accounts.mail.service import find_mailing
from kit.auth.accounts.passwords import PasswordFaultError
from kit.auth.accounts.schemas import AccountOut, Credentials, PasswordChange, PasswordIn, RefreshIn, TokensOut
from kit.auth.accounts.service import Accounts, Tokens, get_accounts
from kit.auth.accounts.throttle import throttle, throttle_mail
from kit.auth.api_keys.service import get_api_keys
from kit.auth.dependencies import UserDep, public
from kit.auth.user import User
from kit.errors import ForbiddenException, UnauthorizedException

router = APIRouter(prefix="/auth", tags=["Accounts"], lifespan=lifespan)


async def accounts(request: Request) -> Accounts:
    return get_accounts(request.app)


async def in_session(user: UserDep) -> User:
    """Return a user with a session; an API key has none, and must not end those of its owner."""
    if "sid" not in user.claims:
        raise ForbiddenException("This needs a session, which an API key does not have")
    return user


AccountsDep = Annotated[Accounts, Depends(accounts)]
InSessionDep = Annotated[User, Depends(in_session)]


@router.post(
    "/register",
    status_code=201,
    response_model=AccountOut,
    responses={202: {"model": Accepted, "description": "The address gets a mail"}},
    dependencies=[Depends(public)],
)
async def register(credentials: Credentials, accounts: AccountsDep, request: Request) -> AccountOut | JSONResponse:
    """Create an account, which has no scopes yet.

    If the service sends mails, the answer is 202, also for an address that has an account: its owner learns it by mail.
    If it does not, the answer is the account, or 409 for an address that has one.
    """
    email, password = credentials.email, credentials.password.get_secret_value()
    mailing = find_mailing(request.app)
    await (throttle_mail(request, email) if mailing else throttle(request))
    with faults_in("password"):
        if mailing is None:
            return AccountOut.of(await accounts.register(email, password))
        await mailing.register(email, password)
    return JSONResponse(Accepted().model_dump(), 202)


@router.post("/login", dependencies=[Depends(public)])
async def log_in(credentials: Credentials, accounts: AccountsDep, request: Request, response: Response) -> TokensOut:
    """Start a session."""
    await throttle(request, credentials.email)
    with faults_in("password"):
        account = await accounts.log_in(credentials.email, credentials.password.get_secret_value())
    return _answer(await accounts.start_session(account), accounts, response)


@router.post("/login/cookie", dependencies=[Depends(public)])
async def log_in_with_cookie(
    credentials: Credentials, accounts: AccountsDep, request: Request, response: Response
) -> AccountOut:
    """Start a session with a cookie, for a front end in a browser. The session of the former cookie ends."""
    cookies = get_session_cookies(request.app)
    cookies.check_sender(request)
    await throttle(request, credentials.email)
    with faults_in("password"):
        account = await accounts.log_in(credentials.email, credentials.password.get_secret_value())
    await cookies.replace(account, request, response)
    return AccountOut.of(account)


@router.post("/refresh", dependencies=[Depends(public)])
async def refresh(body: RefreshIn, accounts: AccountsDep, response: Response) -> TokensOut:
    """Return new tokens. A refresh token works once; using it again ends the session."""
    return _answer(await accounts.refresh(body.refresh_token.get_secret_value()), accounts, response)


@router.post("/logout", status_code=204)
async def log_out(user: InSessionDep, accounts: AccountsDep, request: Request, response: Response) -> None:
    """End this session: its tokens, or its cookie, are refused from now on."""
    await accounts.storage.end(UUID(user.claims["sid"]))
    get_session_cookies(request.app).remove(user, response)


@router.post("/logout-everywhere", status_code=204)
async def log_out_everywhere(user: InSessionDep, accounts: AccountsDep, request: Request, response: Response) -> None:
    """End all sessions of this account."""
    await accounts.storage.end_all(UUID(user.id))
    get_session_cookies(request.app).remove(user, response)


@router.post("/password")
async def change_password(
    change: PasswordChange, user: InSessionDep, accounts: AccountsDep, request: Request, response: Response
) -> TokensOut | None:
    """Change the password. All sessions end; the response has the tokens of a new one, or its cookie and no body."""
    await throttle(request, user.id)
    old, new = change.old_password.get_secret_value(), change.new_password.get_secret_value()
    with faults_in("new_password"):
        changed = await accounts.change_password(UUID(user.id), old, new)
    if isinstance(user, CookieUser):
        await get_session_cookies(request.app).start(changed, response)
        return None
    return _answer(await accounts.start_session(changed), accounts, response)


@router.post("/delete-account", status_code=204)
async def delete(body: PasswordIn, user: InSessionDep, accounts: AccountsDep, request: Request) -> None:
    """Delete the account, its sessions and its API keys. This cannot be undone."""
    await throttle(request, user.id)
    with faults_in("password"):
        account = await accounts.confirmed(UUID(user.id), body.password.get_secret_value())
    await delete_account(account.id, accounts.storage, get_api_keys(request.app).storage)


@router.get("/me")
async def me(user: UserDep, accounts: AccountsDep) -> AccountOut:
    """Return the account."""
    account = await accounts.storage.get(UUID(user.id))
    if account is None:
        raise UnauthorizedException("The session has ended")
    return AccountOut.of(account)


def _answer(tokens: Tokens, accounts: Accounts, response: Response) -> TokensOut:
    response.headers["Cache-Control"] = "no-store"
    return TokensOut.of(tokens, accounts.settings.access_lifetime)


@contextmanager
def faults_in(field: str) -> Generator[None]:
    """Turn a password that cannot be used into the error of an invalid request, which has no part of it."""
    try:
        yield
    except PasswordFaultError as error:
        raise RequestValidationError([{"type": "password", "loc": ("body", field), "msg": str(error)}]) from None
