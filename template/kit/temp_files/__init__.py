"""Temporary files: kept under a name for some days, in a folder or a bucket; each is complete or absent."""

from kit.temp_files.dependencies import TempFilesDep, UploadDep
from kit.temp_files.download import download
from kit.temp_files.errors import ContentTypeError, FileNameError, FileTooLargeError, NoSpaceError, TotalSizeError
from kit.temp_files.file import TempFile
from kit.temp_files.lifespan import router
from kit.temp_files.settings import TempFilesSettings
from kit.temp_files.temp_files import TempFileService, get_temp_files

__all__ = [
    "ContentTypeError",
    "FileNameError",
    "FileTooLargeError",
    "NoSpaceError",
    "TempFile",
    "TempFileService",
    "TempFilesDep",
    "TempFilesSettings",
    "TotalSizeError",
    "UploadDep",
    "download",
    "get_temp_files",
    "router",
]
