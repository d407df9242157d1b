"""Tries an update."""

import click


@click.command()
def update() -> None:
    """Try it."""
