"""Opens the temporary files, and cleans them up while the service runs."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from kit.background import end
from kit.health import get_health
from kit.process_lock import Lead
from kit.settings import get_settings
from kit.temp_files.cleaner import Cleaner
from kit.temp_files.settings import TempFilesSettings
from kit.temp_files.temp_files import TempFileService


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    settings = get_settings(app, TempFilesSettings)
    app.state.temp_files = files = TempFileService(settings)
    get_health(app).add_check("temp_files", files.ping)
    if settings.folder:
        get_health(app).add_directory("temp_files", settings.folder)
    cleaner = Cleaner(files, Lead(settings.lock))
    task = asyncio.create_task(cleaner.run(), name="cleaner of the temporary files") if settings.cleaning else None
    if task:
        get_health(app).watch(task)
    try:
        yield
    finally:
        if task:
            await end(task)
        cleaner.stop()


router = APIRouter(lifespan=lifespan)
