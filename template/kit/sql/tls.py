"""`sslmode=` and `sslrootcert=` of a database's URL, for drivers that want an SSL context."""

import ssl

from sqlalchemy import URL

MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def fault_of(url: URL) -> str | None:
    """Say what is wrong with the TLS of a URL."""
    mode = url.query.get("sslmode", "prefer")
    return None if mode in MODES else f"sslmode is '{mode}'; use one of {', '.join(MODES)}"


def split_tls(url: URL) -> tuple[URL, str, ssl.SSLContext]:
    """Take the TLS options out of the URL: what is left, the mode, and the context to encrypt with."""
    mode = str(url.query.get("sslmode", "prefer"))
    root = url.query.get("sslrootcert")
    rest = url.difference_update_query(["sslmode", "sslrootcert"])
    return rest, mode, _context(mode, str(root) if root else None)


def _context(mode: str, root: str | None) -> ssl.SSLContext:
    if mode.startswith("verify-"):
        context = ssl.create_default_context(cafile=root)
        context.check_hostname = mode == "verify-full"
        return context
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # without the system's certificates: loading them takes 20 ms
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
