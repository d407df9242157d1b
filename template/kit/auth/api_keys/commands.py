"""`python -m app api-keys`: create the first key, and list and revoke the keys of everybody."""

import click

from kit.auth.api_keys import administration

api_keys = click.Group(
    "api-keys",
    help="Create, list and revoke API keys.",
    commands=[administration.create, administration.list_keys, administration.revoke],
)
