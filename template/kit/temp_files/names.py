"""Which names a temporary file may have, and which name it gets if that is taken."""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import PurePosixPath

from kit.temp_files.errors import FileNameError

MAX_NAME_SIZE = 255  # bytes of UTF-8
MAX_SUFFIX_SIZE = 32
ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:")
RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³]) *(\..*)?", re.IGNORECASE | re.DOTALL)
CONTROL = {"Cc", "Zl", "Zp"}  # Unicode categories that break lines and terminals
# What shows `exe.txt` as `txt.exe`: bidirectional classes, and three marks.
TURNING = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
MARKS = {"\N{LEFT-TO-RIGHT MARK}", "\N{RIGHT-TO-LEFT MARK}", "\N{ARABIC LETTER MARK}"}


def check_name(name: str) -> str:
    """Return the name under which a file is kept; raise `FileNameError` if the name is not valid."""
    kept = _escape(name)
    if fault := next(_faults(name, kept), None):
        shown = ascii(name if len(name) <= MAX_SUFFIX_SIZE else f"{name[:MAX_SUFFIX_SIZE]}…")
        raise FileNameError(f"{shown} is not a valid file name: {fault}")
    return kept


def numbered(name: str, number: int) -> str:
    """Insert a number before the suffix of a name, and cut the part before it if the name becomes too long."""
    if not number:
        return name
    suffix = PurePosixPath(name).suffix
    suffix = suffix if len(suffix.encode()) <= MAX_SUFFIX_SIZE else ""
    ending = f".{number}{suffix}"
    stem = name.removesuffix(suffix).encode()[: MAX_NAME_SIZE - len(ending.encode())]
    return stem.decode(errors="ignore") + ending


def _escape(name: str) -> str:
    """Escape a leading dot, which would hide the file, and a final `#1`, which marks partially written files."""
    return re.sub(r"#(?=\d+\Z)", "%23", re.sub(r"\A\.(?!\.?\Z)", "%2E", name))


def _faults(name: str, kept: str) -> Iterator[str]:
    try:
        size = len(kept.encode())
    except UnicodeEncodeError:
        yield "it is not valid UTF-8"
        return
    if not name:
        yield "it is empty"
    yield from _faulty_characters(name)
    if ABSOLUTE.match(name):
        yield "it is an absolute path"
    if {".", ".."} & set(re.split(r"[/\\]", name)):
        yield "'.' and '..' are folders"
    if "/" in name or "\\" in name:
        yield "it contains a path separator"
    if RESERVED.fullmatch(name):
        yield "Windows reserves it for a device"
    if size > MAX_NAME_SIZE:
        yield f"it has {size} bytes, and at most {MAX_NAME_SIZE} are allowed"


def _faulty_characters(name: str) -> Iterator[str]:
    if "\0" in name:
        yield "it contains NUL"
    if any(unicodedata.category(character) in CONTROL for character in name):
        yield "it contains a control character"
    if any(unicodedata.bidirectional(each) in TURNING or each in MARKS for each in name):
        yield "it contains a character that changes the direction of text"
