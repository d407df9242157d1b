"""`python -m app migrate`: bring the tables up to date with the models."""

import click

from kit.log import configure_logging
from kit.server.start import StartError
from kit.settings import Settings, read_settings
from kit.sql.migrations import upgrade
from kit.sql.settings import DatabaseSettings


@click.command()
def migrate() -> None:
    """Apply the pending migrations."""
    settings = read_settings()
    configure_logging(settings[Settings])
    try:
        upgrade(settings[DatabaseSettings])
    except (ConnectionError, StartError) as error:
        raise click.ClickException(str(error)) from error
