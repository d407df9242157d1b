"""What is refused of temporary files, and what a full disk or an absent server means to a client."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from errno import EDQUOT, EFBIG, ENOSPC

from obstore.exceptions import BaseError

from kit.errors import AppException, BadRequestException, ServiceUnavailableException

FULL = {EDQUOT, EFBIG, ENOSPC}


class FileNameError(BadRequestException, ValueError):
    """No file can have this name."""


class ContentTypeError(BadRequestException, ValueError):
    """What is given as a content type is none."""


class FileTooLargeError(AppException, ValueError):
    """A file is larger than one may be."""

    status = 413


class TotalSizeError(AppException, ValueError):
    """All files together would be larger than they may be."""

    status = 413


class NoSpaceError(ServiceUnavailableException):
    """The disk has no room for the file; nothing of it was kept."""


class SymlinkError(FileNotFoundError):
    """Somebody has put a symbolic link where a file of ours would be."""


@contextmanager
def translated_errors() -> Generator[None]:
    """Turn a full disk into `NoSpaceError`, every other failure of the store into `ServiceUnavailableException`."""
    try:
        yield
    except (BaseError, OSError) as error:
        number = re.search(r"os error (\d+)", str(error))  # obstore gives it nowhere else
        if (int(number[1]) if number else getattr(error, "errno", None)) in FULL:
            raise NoSpaceError("There is no space left for temporary files") from error
        if isinstance(error, OSError) and (type(error) is not OSError or error.errno):
            raise  # not obstore's, whose writers fail with a bare one
        raise ServiceUnavailableException("The temporary files cannot be reached") from error
