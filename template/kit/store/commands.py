"""`python -m app store`: what is kept, carried from one store to another and looked after."""

import click

from kit.store import administration

store = click.Group(
    "store",
    help="Export and import what is kept, and see which callbacks have failed.",
    commands=[administration.export_store, administration.import_store, administration.dead_letters],
)
