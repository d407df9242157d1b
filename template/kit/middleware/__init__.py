"""Middleware for every request: its id, the limit on its body, headers, compression, the access log, and proxies."""

from kit.middleware.etags import NOT_MODIFIED, check_etag
from kit.middleware.requests import limit_body

__all__ = ["NOT_MODIFIED", "check_etag", "limit_body"]
