"""The errors of temporary files, and the translation of a full disk or an absent server."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from errno import EDQUOT, EFBIG, ENOSPC

from obstore.exceptions import BaseError

from kit.errors import AppException, BadRequestException, ServiceUnavailableException

FULL = {EDQUOT, EFBIG, ENOSPC}


class FileNameError(BadRequestException, ValueError):
    """The name is not a valid file name."""


class ContentTypeError(BadRequestException, ValueError):
    """The content type is not valid."""


class FileTooLargeError(AppException, ValueError):
    """The file exceeds `TEMP_FILES_MAX_FILE_SIZE_MB`."""

    status = 413


class TotalSizeError(AppException, ValueError):
    """All files together would exceed `TEMP_FILES_MAX_TOTAL_SIZE_MB`."""

    status = 413


class NoSpaceError(ServiceUnavailableException):
    """The disk has no space for the file; nothing of it was kept."""


class SymlinkError(FileNotFoundError):
    """There is a symbolic link where a file of the service should be."""


@contextmanager
def translated_errors(*, of_content: bool = True) -> Generator[None]:
    """Turn a full disk into `NoSpaceError`, and any other failure of storing into `ServiceUnavailableException`.

    `of_content` says that the block also reads the content, whose own errors stay as they are.
    """
    try:
        yield
    except (BaseError, OSError) as error:
        number = re.search(r"os error (\d+)", str(error))  # obstore reports it nowhere else
        if (int(number[1]) if number else getattr(error, "errno", None)) in FULL:
            raise NoSpaceError("There is no space left for temporary files") from error
        if of_content and isinstance(error, OSError) and (type(error) is not OSError or error.errno):
            raise  # not from obstore, whose writers raise a bare OSError
        raise ServiceUnavailableException("The temporary files cannot be reached") from error
