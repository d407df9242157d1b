"""`sslmode=` and `sslrootcert=` in a database URL, for drivers that expect an SSL context."""

import ssl

from sqlalchemy import URL

MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def fault_of(url: URL) -> str | None:
    """Return what is wrong with the TLS options of a URL, or `None`."""
    mode = url.query.get("sslmode", "prefer")
    return None if mode in MODES else f"sslmode is '{mode}'; use one of {', '.join(MODES)}"


def split_tls(url: URL) -> tuple[URL, str, ssl.SSLContext]:
    """Return the URL without its TLS options, the mode, and the SSL context."""
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
