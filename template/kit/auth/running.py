"""Runs the work of a command, and prints the lines that it returns."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

import click

from kit.errors import AppException
from kit.log import configure_logging
from kit.settings import Settings, read_settings


def run(work: Coroutine[Any, Any, Iterable[str]]) -> None:
    configure_logging(read_settings()[Settings])
    try:
        lines = asyncio.run(work)
    except AppException as error:
        raise click.ClickException(error.message) from error
    for line in lines:
        click.echo(line)
