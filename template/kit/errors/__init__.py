"""The exceptions that services raise, and the body that all error responses share."""

from kit.errors.bodies import RESPONSES, ErrorBody
from kit.errors.exceptions import (
    AppException,
    BadRequestException,
    ConflictException,
    ForbiddenException,
    NotFoundException,
    RateLimitException,
    ServiceUnavailableException,
    UnauthorizedException,
)
from kit.errors.handlers import install_error_handlers

__all__ = [
    "RESPONSES",
    "AppException",
    "BadRequestException",
    "ConflictException",
    "ErrorBody",
    "ForbiddenException",
    "NotFoundException",
    "RateLimitException",
    "ServiceUnavailableException",
    "UnauthorizedException",
    "install_error_handlers",
]
