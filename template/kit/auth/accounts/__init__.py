"""Users with a password, whose accounts and sessions are in the database of the service."""

from kit.auth.accounts.mail.routes import router as of_mails
from kit.auth.accounts.routes import router

router.include_router(of_mails)

__all__ = ["router"]
