"""`python -m kit`: what you run while you write the service."""

import click

from kit.new.group import new
from kit.update.command import update

cli = click.Group("kit", help="Write new parts of the service, and try an update of it.", commands=[new, update])

if __name__ == "__main__":
    cli(prog_name="python -m kit")
