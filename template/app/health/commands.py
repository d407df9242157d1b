"""`python -m app doctor`: what could keep the service from working, found before it starts."""

import asyncio
from pathlib import Path
from tempfile import TemporaryFile

import click
from fastapi import FastAPI

from app.health.health import Health, get_health
from app.settings import Environment, Settings, SettingsError, read_settings


@click.command()
def doctor() -> None:
    """Audit the settings, reach every server and write in every directory; exit 1 on a fault."""
    try:
        settings = read_settings()
    except SettingsError as error:
        for fault in error.faults:
            _report(*fault.split(": ", 1))
        raise SystemExit(1) from None
    _report("settings")

    # Not `local`, where the start of a service changes more than the doctor should.
    quiet = Settings(environment=Environment.DEVELOPMENT, log_level="CRITICAL")
    try:
        from app.main import create_app  # noqa: PLC0415 - importing it reads the settings, and those must be sound

        app = create_app(*(settings | {Settings: quiet}).values())
    except OSError as error:
        _report("LOG_DIR", str(error))
        raise SystemExit(1) from None
    if asyncio.run(_examine(app)):
        raise SystemExit(1)


async def _examine(app: FastAPI) -> bool:
    """Report on what the features of the service need, and tell whether there was a fault."""
    try:
        async with app.router.lifespan_context(app):
            faults = await _faults(get_health(app))
    except Exception as error:  # noqa: BLE001 - whatever it is, the service would not start
        faults = {"start": f"{type(error).__name__}: {error}"}
    for name, fault in faults.items():
        _report(name, fault)
    return any(faults.values())


async def _faults(health: Health) -> dict[str, str | None]:
    checks = {name: result.error for name, result in (await health.run_checks()).items()}
    return checks | {name: _write_fault(path) for name, path in health.directories.items()}


def _write_fault(directory: Path) -> str | None:
    try:
        with TemporaryFile(dir=directory) as file:
            file.write(b"doctor")
    except OSError as error:
        return f"{directory} cannot be written: {error.strerror}"
    return None


def _report(name: str, fault: str | None = None) -> None:
    click.echo(f"{name}: {fault or 'ok'}", err=bool(fault))
