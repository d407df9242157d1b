"""`python -m app store`: what is kept, carried from one store to another."""

import click

from kit.store import administration

store = click.Group(
    "store",
    help="Export and import what is kept.",
    commands=[administration.export_store, administration.import_store],
)
