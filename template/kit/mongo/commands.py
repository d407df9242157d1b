"""`python -m app migrate`: create the indexes that documents declare."""

import asyncio

import click

from kit.log import configure_logging
from kit.mongo.connection import MongoDBConnectionManager
from kit.mongo.indexes import Index, IndexConflictError
from kit.mongo.migrations import upgrade
from kit.mongo.settings import DatabaseSettings
from kit.settings import Settings, read_settings


@click.command()
def migrate() -> None:
    """Create the indexes that documents declare.

    Each index is listed, with whether it existed.
    """
    settings = read_settings()
    configure_logging(settings[Settings])
    try:
        indexes = asyncio.run(_upgrade(settings[DatabaseSettings]))
    except (ConnectionError, IndexConflictError) as error:
        raise click.ClickException(str(error)) from error
    for index in indexes:
        click.echo(f"{index}: {'exists' if index.exists else 'created'}")


async def _upgrade(settings: DatabaseSettings) -> list[Index]:
    async with MongoDBConnectionManager(settings) as database:
        await database.check()
        return await upgrade(database.database)
