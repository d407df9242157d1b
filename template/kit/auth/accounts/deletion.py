"""Deletes accounts, with all that the kit has of them."""

from uuid import UUID

import structlog
from structlog.typing import FilteringBoundLogger

from kit.auth.accounts.storage import Storage
from kit.auth.api_keys.storage import Storage as Keys

log: FilteringBoundLogger = structlog.get_logger(__name__)


async def delete_account(account_id: UUID, accounts: Storage, keys: Keys) -> None:
    """Delete an account; the account comes last, so that after an error somebody can try again."""
    await keys.delete_all(str(account_id))
    await accounts.delete(account_id)
    log.info("an account was deleted, with its sessions and API keys", user_id=str(account_id))
