"""The TLS options of a database URL, for drivers that expect an SSL context."""

import ssl

from sqlalchemy import URL

from kit.sql.options import TLS_SPELLING

FILES = ("sslrootcert", "sslcert", "sslkey")
OPTIONS = {"sslmode", *FILES, "sslpassword"}
ENCRYPTED = ("require", "verify-ca", "verify-full")
# What other programs and hosts of databases write, in small letters and without `-` and `_`.
NAMES = {"ssl": "sslmode", "sslmode": "sslmode", "sslca": "sslrootcert", "sslcert": "sslcert", "sslkey": "sslkey"}
MODES = {"disabled": "disable", "preferred": "prefer", "required": "require", "verify-identity": "verify-full"}


def normalised(url: URL) -> URL:
    """Return the URL with the names and modes of libpq, such as `sslmode=require` for `ssl-mode=REQUIRED`."""
    found: dict[str, list[str]] = {}
    for name, values in url.normalized_query.items():
        known = NAMES.get(name.lower().replace("-", "").replace("_", ""), name)
        found[known] = [*found.get(known, []), *map(_mode if known == "sslmode" else str, values)]
    return url.set(query={name: values if len(values) > 1 else values[0] for name, values in found.items()})


def fault_of(url: URL, *unencrypted: str) -> str | None:
    """Return what is wrong with the TLS options of a normalised URL, or `None`.

    `unencrypted` has the modes, besides the encrypted ones, that the driver supports.
    """
    mode, files = mode_of(url), [name for name in FILES if name in url.query]
    if mode is not None and mode not in (*unencrypted, *ENCRYPTED):
        return f"its sslmode is '{mode}', which is not supported; {TLS_SPELLING}"
    if "sslkey" in files and "sslcert" not in files:
        return "it has sslkey without sslcert; name the file of the certificate too"
    if files and mode not in ENCRYPTED:
        return f"it has {files[0]}, but sslmode={mode} does not use it; {TLS_SPELLING}"
    return _fault_of_files(url) if files else None


def mode_of(url: URL) -> str | None:
    """Return the mode. Files without a mode ask for TLS, and a root certificate asks for a server that has proved it.

    With a root certificate, `require` means `verify-ca`, as in libpq.
    """
    verifies = "sslrootcert" in url.query
    default = "verify-full" if verifies else "require" if "sslcert" in url.query else None
    mode = _given(url, "sslmode") or default
    return "verify-ca" if mode == "require" and verifies else mode


def context_of(url: URL) -> ssl.SSLContext | None:
    """Return the SSL context, or `None` if the mode does not require TLS."""
    mode = mode_of(url)
    if mode not in ENCRYPTED:
        return None
    context = _context(mode, _given(url, "sslrootcert"))
    if certificate := _given(url, "sslcert"):
        # Without a function, OpenSSL would ask for the password on the terminal.
        context.load_cert_chain(certificate, _given(url, "sslkey"), lambda: _given(url, "sslpassword") or "")
    return context


def _context(mode: str, root: str | None) -> ssl.SSLContext:
    if mode.startswith("verify-"):
        context = ssl.create_default_context(cafile=None if root == "system" else root)
        context.check_hostname = mode == "verify-full"
        return context
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # without the system's certificates: loading them takes 20 ms
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _fault_of_files(url: URL) -> str | None:
    for name in FILES:
        if (path := _given(url, name)) and path != "system":
            try:
                with open(path, "rb"):  # noqa: PTH123 - the error names the file
                    pass
            except OSError as error:
                return f"it has {name}={path}, which cannot be read: {error.strerror}"
    try:
        context_of(url)
    except ssl.SSLError as error:
        return f"its files for TLS are not certificates with a fitting key: {error.reason or error.strerror}"
    return None


def _given(url: URL, name: str) -> str | None:
    return str(value) if (value := url.query.get(name)) else None


def _mode(value: str) -> str:
    value = value.lower().replace("_", "-")
    return MODES.get(value, value)
