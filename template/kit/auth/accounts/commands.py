"""`python -m app accounts`: create the first administrator, and change what accounts may do."""

import click

from kit.auth.accounts import administration

accounts = click.Group(
    "accounts",
    help="Create, list, change, disable and delete accounts.",
    commands=[
        administration.create,
        administration.list_accounts,
        administration.grant,
        administration.revoke,
        administration.disable,
        administration.enable,
        administration.delete,
    ],
)
