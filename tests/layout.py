"""Where a service has what runs in production, and where its tests."""

from tests.tracing import Traced

TESTS = ("tests/", "kit/tests/", "kit/testing/")


def service_code(service: Traced) -> list[str]:
    """Return the Python files that run in production."""
    names = (*service.names("app/"), *service.names("kit/"))
    return [name for name in names if name.endswith(".py") and not name.startswith(TESTS)]
