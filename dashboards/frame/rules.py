"""What people type into forms, read as money, rates and days; and messages told by the address."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from jejaring.kit.money import MAX_AMOUNT, half_up

_MONEY = re.compile(r"(?:rp\.?)?\s*(\d{1,3}(?:([.,\s])\d{3})(?:\2\d{3})*|\d{1,13})(?:,-)?", re.I)
_RATE = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?\s*%?")
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_TONES = {"no": "bad", "wait": "wait", "info": ""}
FRAME_QUERY = ("pesan", "bahasa")


def read_rupiah(text: str) -> int | None:
    """`150000`, `150.000`, `Rp 150.000` → 150000; None if it is no whole amount up to 10^12."""
    found = _MONEY.fullmatch(text.strip())
    if not found:
        return None
    amount = int(re.sub(r"\D", "", found[1]))
    return amount if amount <= MAX_AMOUNT else None


def read_number(text: str) -> int | None:
    """`1.200` or `1200` → 1200; None if it is no whole number."""
    return None if text.strip().lower().startswith("rp") else read_rupiah(text)


def read_rate(text: str) -> int | None:
    """`12`, `12,5`, `12.5%` → basis points (1250); None if it is no rate with ≤ 2 decimals."""
    found = _RATE.fullmatch(text.strip())
    if not found:
        return None
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))


def read_day(text: str) -> date | None:
    """`2026-11-24` or `24/11/2026` → the day, 1970 to 2200; None if there is no such day."""
    found = _DAY.fullmatch(text.strip())
    if not found:
        return None
    year, month, day = (
        (found[1], found[2], found[3]) if found[1] else (found[6], found[5], found[4])
    )
    try:
        read = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return read if 1970 <= read.year <= 2200 else None


def flash_values(query: Mapping[str, str]) -> dict[str, Any]:
    """The values that ride along with a message: whole numbers as numbers, the rest cut at 120."""
    values: dict[str, Any] = {}
    for name, value in query.items():
        if name in FRAME_QUERY or not name.isidentifier():
            continue
        plain = value.isascii() and value.isdigit() and len(value) <= 13
        values[name] = int(value) if plain and str(int(value)) == value else value[:120]
    return values


def tone(code: str) -> str:
    """How a message looks: `no_…` bad, `wait_…` wait, `info_…` plain, everything else good."""
    return _TONES.get(code.partition("_")[0], "ok")


def webview(agent: str) -> str | None:
    """The app whose own browser this is, by its user agent: Instagram, TikTok, Facebook, …"""
    marks = (
        ("Instagram", "Instagram"), ("musical_ly", "TikTok"), ("BytedanceWebview", "TikTok"),
        ("TikTok", "TikTok"), ("FBAN", "Facebook"), ("FBAV", "Facebook"), ("FB_IAB", "Facebook"),
        ("WhatsApp", "WhatsApp"), ("Telegram", "Telegram"), (" Line/", "LINE"),
    )  # fmt: skip
    return next((name for mark, name in marks if mark in agent), None)


def part_back(commission: tuple[int, int], line: tuple[int, int]) -> tuple[int, int] | None:
    """The part of a line that was refunded, as (rupiah, of so many), where that part explains what
    was taken of its commission, given as (amount, taken); `line` is (base, refunded). None where
    nothing or all came back, or where something else was taken too.
    """
    (amount, taken), (base, refunded) = commission, line
    if not 0 < refunded < base or taken != half_up(amount * refunded, base):
        return None
    return refunded, base
