"""Cursor paging: newest first by (time, id), an opaque cursor, one row more than asked."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jejaring.kit.errors import Invalid

MAX_LIMIT = 200
MAX_CURSOR = 300
MAX_ID = 32


@dataclass(frozen=True)
class Cursor:
    """Where the last page ended: the last row's time and id."""

    at: datetime
    id: str


def encode(cursor: Cursor) -> str:
    """The cursor as an opaque URL-safe string."""
    raw = json.dumps([cursor.at.isoformat(), cursor.id], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(text: str) -> Cursor:
    """The cursor in a string; Invalid at `/cursor` for anything that encode() did not make."""
    if len(text) > MAX_CURSOR:  # the standard library's JSON reader recurses
        raise Invalid.at("/cursor", "bad_cursor")
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        at, row_id = json.loads(raw)
        when = datetime.fromisoformat(at)
    except (ValueError, TypeError, UnicodeError, binascii.Error) as exc:
        raise Invalid.at("/cursor", "bad_cursor") from exc
    known_time = when.tzinfo is not None and 1970 <= when.year <= 2200
    known_id = isinstance(row_id, str) and len(row_id) <= MAX_ID and row_id.isprintable()
    if not known_time or not known_id:
        raise Invalid.at("/cursor", "bad_cursor")
    return Cursor(when, row_id)


def cut(rows: list[Any], limit: int) -> tuple[list[Any], bool]:
    """Rows fetched with limit + 1 → (at most limit rows, whether more follow)."""
    return rows[:limit], len(rows) > limit
