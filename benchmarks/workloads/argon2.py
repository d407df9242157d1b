"""How many passwords one core verifies with argon2 at the default cost of the service: no login can be faster."""

import asyncio
import json
import sys
import time

from kit.auth.accounts.passwords import Passwords
from kit.auth.accounts.settings import AccountsSettings

PASSWORD = "correct horse battery staple"  # noqa: S105 - of nobody


async def main(seconds: int) -> None:
    passwords = Passwords(AccountsSettings())
    known = await passwords.hash(PASSWORD)
    verified, started = 0, time.perf_counter()
    while (passed := time.perf_counter() - started) < seconds:
        verified += (await passwords.verify(PASSWORD, known)).is_right
    passwords.close()
    print(json.dumps({"rate": verified / passed}))  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
