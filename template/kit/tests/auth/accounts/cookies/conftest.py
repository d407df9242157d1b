"""A service with accounts, and somebody with a browser."""

import pytest
from fastapi import FastAPI

from kit.tests.auth.accounts.cookies.browsing import Browser, browser_of


@pytest.fixture
async def browser(app: FastAPI, database: object) -> Browser:
    """Return the browser of somebody who is logged in, as the only one with an account."""
    del database
    return await browser_of(app)
