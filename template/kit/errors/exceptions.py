"""The exceptions that services raise, each with a status."""

from collections.abc import Mapping
from typing import Any, ClassVar


class AppException(Exception):  # noqa: N818 - named like HTTPException
    """The base class of the exceptions that services raise: a message for the client, and details."""

    status: ClassVar[int] = 500

    def __init__(
        self, message: str, *, details: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = dict(details or {})
        self.headers = dict(headers or {})


class BadRequestException(AppException):
    """The request is not valid."""

    status = 400


class UnauthorizedException(AppException):
    """The client is not authenticated; `scheme` names how to authenticate."""

    status = 401

    def __init__(self, message: str, *, details: Mapping[str, Any] | None = None, scheme: str = "Bearer") -> None:
        super().__init__(message, details=details, headers={"WWW-Authenticate": scheme})


class ForbiddenException(AppException):
    """The client is not allowed to do this."""

    status = 403


class NotFoundException(AppException):
    """The resource does not exist: `NotFoundException("User", user_id)`."""

    status = 404

    def __init__(self, message: str, identifier: object = None, *, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message if identifier is None else f"{message} {identifier} was not found", details=details)


class ConflictException(AppException):
    """The request conflicts with the current state of a resource."""

    status = 409


class RateLimitException(AppException):
    """The client sends too many requests; it may retry after `retry_after` seconds."""

    status = 429

    def __init__(self, message: str, *, details: Mapping[str, Any] | None = None, retry_after: int = 1) -> None:
        super().__init__(message, details=details, headers={"Retry-After": str(retry_after)})


class ServiceUnavailableException(AppException):
    """Something that the service needs is unavailable."""

    status = 503
