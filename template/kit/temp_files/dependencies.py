"""Dependencies of routes: the temporary files, and an upload."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.requests import HTTPConnection

from kit.middleware import limit_body
from kit.settings import get_settings
from kit.temp_files.settings import MEGABYTE, TempFilesSettings
from kit.temp_files.temp_files import TempFileService, get_temp_files
from kit.temp_files.upload import Upload, read_upload


async def temp_files(connection: HTTPConnection) -> TempFileService:
    """Return the temporary files of the service."""
    return get_temp_files(connection.app)


async def upload(request: Request) -> Upload:
    """Return the file in the body, which may exceed `MAX_BODY_SIZE`: it may be as large as a temporary file."""
    largest = get_settings(request.app, TempFilesSettings).max_file_size
    limit_body(request, largest + MEGABYTE if largest else None)  # one for the rest of a form
    return await read_upload(request)


TempFilesDep = Annotated[TempFileService, Depends(temp_files)]
UploadDep = Annotated[Upload, Depends(upload)]
