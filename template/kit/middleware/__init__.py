"""Middleware for every request: its id, the limit on its body, headers, compression, the access log, and proxies."""

from kit.middleware.requests import limit_body

__all__ = ["limit_body"]
