"""`python -m app seed`: items to try the service with."""

import asyncio

import click

from app.api.v1.items.dependencies import open_items
from app.api.v1.items.schemas import ItemIn
from kit.application import opened
from kit.settings import Environment, Settings

ITEMS = [ItemIn(sku=f"sample-{number}", name=f"Sample {number}", quantity=number) for number in range(1, 21)]


@click.command()
def seed() -> None:
    """Create or reset some items, for development and tests by hand."""
    asyncio.run(_seed())


async def _seed() -> None:
    if Settings().environment in (Environment.STAGING, Environment.PRODUCTION):
        raise click.ClickException("sample items are for development only; see ENVIRONMENT")
    async with opened() as app, open_items(app) as items:
        result = await items.upsert(ITEMS)
    click.echo(f"{result.upserted} items are new, {result.modified} were changed.")
