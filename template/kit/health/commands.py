"""`python -m app doctor`: finds what would keep the service from working, before it starts."""

import asyncio
from pathlib import Path
from tempfile import TemporaryFile

import click
from fastapi import FastAPI

from kit.discovery import entrypoint
from kit.health.health import Health, get_health
from kit.server.start import StartError, reason_of
from kit.settings import SettingsError, read_settings
from kit.settings.names import unknown_settings


@click.command()
def doctor() -> None:
    """Audit the settings, and try every server and directory.

    Each of them is one line. The exit status is 1 if anything fails.
    """
    try:
        settings = read_settings()
    except SettingsError as error:
        for fault in error.faults:
            _report(*fault.split(": ", 1))
        raise SystemExit(1) from None
    _report("settings")
    for name, fault in unknown_settings():
        click.echo(f"{name}: {fault}", err=True)

    try:
        app = entrypoint().create_app(*(each.for_doctor() for each in settings.values()))
    except StartError as error:
        _report(*str(error).split(": ", 1))
        raise SystemExit(1) from None
    if asyncio.run(_examine(app)):
        raise SystemExit(1)


async def _examine(app: FastAPI) -> bool:
    """Start the service, report on its checks and directories, and return whether there was a fault."""
    try:
        async with app.router.lifespan_context(app):
            return await _report_on(get_health(app))
    except Exception as error:  # noqa: BLE001 - after any error, the service would not start
        _report("start", reason_of(error) or f"{type(error).__name__}: {error}")
        return True


async def _report_on(health: Health) -> bool:
    checks = await health.run_checks()
    faults = {name: _write_fault(path) for name, path in health.directories.items()}
    for name, result in checks.items():
        _report(name, result.error or faults.get(name), str(result.details or ""))
    for name in [name for name in faults if name not in checks]:
        _report(name, faults[name])
    return any(result.error for result in checks.values()) or any(faults.values())


def _write_fault(directory: Path) -> str | None:
    try:
        with TemporaryFile(dir=directory) as file:
            file.write(b"doctor")
    except OSError as error:
        return f"{directory} is not writable: {error.strerror}"
    return None


def _report(name: str, fault: str | None = None, details: str = "") -> None:
    click.echo("\n  ".join([f"{name}: {fault or 'ok'}", *details.splitlines()]), err=bool(fault))
