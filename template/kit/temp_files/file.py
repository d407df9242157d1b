"""The metadata of a file."""

import mimetypes
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex

from pydantic import BaseModel, Field

from kit.temp_files.errors import ContentTypeError
from kit.temp_files.objects import CONTENT
from kit.temp_files.settings import MAX_DAYS

CONTENT_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(; ?[\w!#$&^.+-]+=[\w!#$&^.+-]+)*", re.ASCII)
MAX_CONTENT_TYPE_LENGTH = 255


class Marker(BaseModel):
    """What is stored below a name: the id of the content that it belongs to, and the type of that content."""

    id: str = Field(pattern=f"^{CONTENT.pattern}$")
    is_text: bool
    content_type: str


@dataclass(frozen=True)
class TempFile:
    """A file that exists; `size` is in bytes, and no other content has the same `id`."""

    name: str
    size: int
    content_type: str
    is_text: bool
    saved_at: datetime
    expires_at: datetime | None
    id: str


def new_id(expires_in: timedelta | None) -> str:
    """Return an id for a content; it includes the expiry time, in milliseconds, if the content has its own."""
    if expires_in is None:
        return token_hex(8)
    if not timedelta(0) < expires_in <= timedelta(days=MAX_DAYS):
        raise ValueError(f"expires_in must be positive, and at most {MAX_DAYS} days, not {expires_in}")
    return f"{token_hex(8)}.{round((datetime.now(UTC) + expires_in).timestamp() * 1000)}"


def expiry_of(content_id: str, saved_at: datetime, retention: timedelta | None) -> datetime | None:
    """Return when a content expires: at the time in its id, or else after the common retention."""
    _, _, milliseconds = content_id.partition(".")
    if milliseconds:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    return saved_at + retention if retention is not None else None


def type_of(name: str, *, is_text: bool) -> str:
    """Guess a content type from the name."""
    return mimetypes.guess_type(name)[0] or ("text/plain" if is_text else "application/octet-stream")


def check_type(content_type: str) -> str:
    """Return the content type; raise `ContentTypeError` if it is not valid."""
    if len(content_type) > MAX_CONTENT_TYPE_LENGTH or not CONTENT_TYPE.fullmatch(content_type):
        raise ContentTypeError(
            f"{content_type[:MAX_CONTENT_TYPE_LENGTH]!a} is not a content type; write it like text/csv"
        )
    return content_type
