"""What accounts and API keys have in common in collections."""

from contextlib import AbstractAsyncContextManager

from kit.mongo import MongoDBConnectionManager
from kit.mongo.migrations import upgrade
from kit.mongo.settings import DatabaseSettings
from kit.settings import read_settings


def open_database() -> AbstractAsyncContextManager[MongoDBConnectionManager]:
    """Open the database of the settings for a command."""
    return MongoDBConnectionManager(read_settings()[DatabaseSettings], prepare=upgrade)
