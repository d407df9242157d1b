"""What is known of a file beside its content."""

import mimetypes
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex

from pydantic import BaseModel, Field

from kit.temp_files.errors import ContentTypeError
from kit.temp_files.objects import CONTENT

CONTENT_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(; ?[\w!#$&^.+-]+=[\w!#$&^.+-]+)*", re.ASCII)
LONGEST_CONTENT_TYPE = 255


class Marker(BaseModel):
    """Whose content the name belongs to, and what it is."""

    id: str = Field(pattern=f"^{CONTENT.pattern}$")
    is_text: bool
    content_type: str


@dataclass(frozen=True)
class TempFile:
    """A file that is there; its size is in bytes, and `id` is never that of another content."""

    name: str
    size: int
    content_type: str
    is_text: bool
    saved_at: datetime
    expires_at: datetime | None
    id: str


def new_id(expires_in: timedelta | None) -> str:
    """Make the id of a content, with the millisecond at which it expires if it has a time of its own."""
    if expires_in is None:
        return token_hex(8)
    if expires_in <= timedelta(0):
        raise ValueError("A file expires in the future")
    return f"{token_hex(8)}.{round((datetime.now(UTC) + expires_in).timestamp() * 1000)}"


def expiry_of(content_id: str, saved_at: datetime, retention: timedelta | None) -> datetime | None:
    """Tell when a content expires: its id says so, or else the retention of all."""
    _, _, milliseconds = content_id.partition(".")
    if milliseconds:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    return saved_at + retention if retention else None


def type_of(name: str, *, is_text: bool) -> str:
    """Guess a content type by the name."""
    return mimetypes.guess_type(name)[0] or ("text/plain" if is_text else "application/octet-stream")


def check_type(content_type: str) -> str:
    """Give a content type back; raise `ContentTypeError` for what is none."""
    if len(content_type) > LONGEST_CONTENT_TYPE or not CONTENT_TYPE.fullmatch(content_type):
        raise ContentTypeError(f"{content_type[:LONGEST_CONTENT_TYPE]!a} is no content type, such as text/csv")
    return content_type
