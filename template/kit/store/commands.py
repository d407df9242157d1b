"""`python -m app store`: move the contents of one store to another."""

import click

from kit.store import administration

store = click.Group(
    "store",
    help="Export and import the contents of the store.",
    commands=[administration.export_store, administration.import_store],
)
