"""`python -m app tasks`: list the tasks, repeat or drop those that have failed."""

import click

from kit.tasks import administration

tasks = click.Group(
    "tasks",
    help="List, repeat and drop tasks.",
    commands=[administration.list_tasks, administration.retry, administration.drop],
)
