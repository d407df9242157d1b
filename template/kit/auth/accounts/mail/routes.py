"""`/auth/…`: what leads to a mail, and what the page of its link sends.

What leads to a mail gets 202 at once, the same whether there is an account or not.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from kit.auth.accounts.mail.schemas import Accepted, AddressChange, AddressIn, MailTokenIn, PasswordReset
from kit.auth.accounts.mail.service import Mailing, get_mailing
from kit.auth.accounts.routes import InSessionDep, faults_in
from kit.auth.accounts.throttle import throttle, throttle_mail
from kit.auth.dependencies import public

router = APIRouter()  # part of that of accounts


async def mailing(request: Request) -> Mailing:
    return get_mailing(request.app)


MailingDep = Annotated[Mailing, Depends(mailing)]


@router.post("/verification", status_code=202, dependencies=[Depends(public)])
async def ask_to_verify(body: AddressIn, mailing: MailingDep, request: Request) -> Accepted:
    """Send the link again with which somebody verifies the address that they have registered."""
    await throttle_mail(request, body.email)
    mailing.ask_to_verify(body.email)
    return Accepted()


@router.post("/verify", status_code=204, dependencies=[Depends(public)])
async def verify(body: MailTokenIn, mailing: MailingDep, request: Request) -> None:
    """Verify an address with the token of a link `#verify=…`, which works once. Otherwise this is 400."""
    await throttle(request)
    await mailing.verify(body.token.get_secret_value())


@router.post("/password/forgotten", status_code=202, dependencies=[Depends(public)])
async def ask_to_reset(body: AddressIn, mailing: MailingDep, request: Request) -> Accepted:
    """Send a link with which somebody chooses a new password."""
    await throttle_mail(request, body.email)
    mailing.ask_to_reset(body.email)
    return Accepted()


@router.post("/password/reset", status_code=204, dependencies=[Depends(public)])
async def reset(body: PasswordReset, mailing: MailingDep, request: Request) -> None:
    """Choose a new password with the token of a link `#reset=…`, which works once. All sessions end."""
    await throttle(request)
    with faults_in("new_password"):
        await mailing.reset(body.token.get_secret_value(), body.new_password.get_secret_value())


@router.post("/email", status_code=202)
async def ask_to_move(body: AddressChange, user: InSessionDep, mailing: MailingDep, request: Request) -> Accepted:
    """Send a link to a new address of the account, which has the former one until the link is opened."""
    await throttle(request, user.id)
    await throttle_mail(request, body.email)
    with faults_in("password"):
        await mailing.ask_to_move(UUID(user.id), body.password.get_secret_value(), body.email)
    return Accepted()


@router.post("/email/confirm", status_code=204, dependencies=[Depends(public)])
async def move(body: MailTokenIn, mailing: MailingDep, request: Request) -> None:
    """Change the address with the token of a link `#move=…`, which works once."""
    await throttle(request)
    await mailing.move(body.token.get_secret_value())
