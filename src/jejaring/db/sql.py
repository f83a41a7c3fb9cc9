"""Raw SQL in both dialects: write `?` placeholders, get rows as dicts, RETURNING included."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from tortoise.connection import get_connection


def on_sqlite() -> bool:
    """Whether the connection is SQLite."""
    return get_connection("default").capabilities.dialect == "sqlite"


async def rows(query: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """Run one statement in the current transaction (or none) and return its rows.

    Placeholders are `?` in both dialects (no `?` inside string literals). Times and dates are bound
    as the ORM stores them (UTC text on SQLite, timestamptz on PostgreSQL). ValueError for a naive
    datetime.
    """
    connection = get_connection("default")
    if any(isinstance(v, datetime) and v.tzinfo is None for v in values):
        raise ValueError("a time without an offset")
    if on_sqlite():
        bound = [as_text(v) for v in values]
        return list(await connection.execute_query_dict(query, bound))
    count = 0

    def numbered(_: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return f"${count}"

    return list(await connection.execute_query_dict(re.sub(r"\?", numbered, query), list(values)))


async def take_turns(words: Iterable[str]) -> None:
    """Whoever names one of these words waits until the other's transaction ends; for what is read
    and decided upon without a row to lock. SQLite has one writer anyway.
    """
    wanted = sorted(set(words))
    if wanted and not on_sqlite():
        query = "SELECT pg_advisory_xact_lock(hashtextextended(w, 0)) FROM unnest(?::text[]) AS w"
        await rows(query, [wanted])


def fill(query: str, count: int, width: int = 1) -> str:
    """The query with `{slots}` replaced by placeholders for count rows of width values:
    `?, ?` for width 1, else `(?, ?), (?, ?)`.
    """
    row = "?" if width == 1 else f"({', '.join('?' * width)})"
    return query.replace("{slots}", ", ".join([row] * count))


def as_text(value: Any) -> Any:
    """A time or date as Tortoise writes it on SQLite, so that text compares like time."""
    if isinstance(value, datetime):
        return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat(" ")
    return value.isoformat() if isinstance(value, date) else value
