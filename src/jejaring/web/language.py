"""Languages: Indonesian first, English beside it; messages by id with values, worded here.

Two kinds of text live in `locale/{id,en}/*.po`. Templates write Indonesian and `en` translates it.
Codes (`problem.order_exists`, `explain.percent`) are worded in both. Values are formatted by type:
`{amount:rp}` Rp1.250.000, `{rate:pct}` 12,5%, `{at:day}` 24 Nov 2026,
`{at:clock}` 24 Nov 2026 14.05 WIB, `{n:num}` 4.812, `{n:order|orders}` by whether it is one.
"""

import string
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from importlib import resources
from typing import Any

from starlette.requests import Request

from jejaring.kit import po
from jejaring.kit.money import percent, rupiah
from jejaring.kit.periods import DEFAULT_ZONE, ZONES, local
from jejaring.settings import settings

LANGUAGES = ("id", "en")
_COOKIE = "jj_bahasa"
_MONTHS = {
    "id": ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"],
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
}
_DAYS = {
    "id": ["Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"],
    "en": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
}


@lru_cache(maxsize=2)
def catalogue(language: str) -> Mapping[str, str]:
    """Every message of a language, from all its .po files (one per room)."""
    found: dict[str, str] = {}
    for file in sorted(resources.files("jejaring.locale").joinpath(language).iterdir(), key=str):
        if file.name.endswith(".po"):
            found |= po.read(file.read_text("utf-8"))
    return found


def translate(language: str, text: str) -> str:
    """A template's Indonesian text in the language; itself where there is no translation."""
    return catalogue(language).get(text, text)


def cookie_name() -> str:
    """`__Host-jj_bahasa` over https, `jj_bahasa` over http."""
    return f"__Host-{_COOKIE}" if settings().secure else _COOKIE


def pick(request: Request) -> str:
    """`?bahasa=`, else the cookie, else the signed-in person's own, else English for those whose
    Accept-Language knows English but no Indonesian, else Indonesian.
    """
    wished = request.query_params.get("bahasa") or request.cookies.get(cookie_name())
    if wished in LANGUAGES:
        return wished
    caller: Any = getattr(request.state, "caller", None)
    if getattr(caller, "user_id", None) and caller.language in LANGUAGES:
        return str(caller.language)
    accepted = request.headers.get("accept-language", "").split(",")
    tags = [part.partition(";")[0].strip().lower()[:2] for part in accepted]
    return "en" if "en" in tags and "id" not in tags else "id"


def number(value: int, language: str) -> str:
    """4812 → `4.812` / `4,812`."""
    text = f"{value:,}"
    return text if language == "en" else text.replace(",", ".")


def money(value: int, language: str) -> str:
    """1250000 → `Rp1.250.000` / `Rp1,250,000`."""
    return rupiah(value, "," if language == "en" else ".")


def rate(value: int, language: str) -> str:
    """1250 (basis points) → `12,5%` / `12.5%`."""
    return percent(value, "." if language == "en" else ",")


def day(value: date | datetime, language: str, zone: str = DEFAULT_ZONE) -> str:
    """`24 Nov 2026`."""
    flat = local(value, zone) if isinstance(value, datetime) else value
    return f"{flat.day} {_MONTHS[language][flat.month - 1]} {flat.year}"


def short_day(value: date | datetime, language: str, zone: str = DEFAULT_ZONE) -> str:
    """`24 Nov`: where the year is plain."""
    flat = local(value, zone) if isinstance(value, datetime) else value
    return f"{flat.day} {_MONTHS[language][flat.month - 1]}"


def weekday(value: date | datetime, language: str, zone: str = DEFAULT_ZONE) -> str:
    """`Jumat, 27 Nov`: for promises."""
    flat = local(value, zone) if isinstance(value, datetime) else value
    return f"{_DAYS[language][flat.weekday()]}, {flat.day} {_MONTHS[language][flat.month - 1]}"


def time_of(value: datetime, language: str, zone: str = DEFAULT_ZONE) -> str:
    """`14.05 WIB` / `14:05 WIB`."""
    at = local(value, zone)
    return f"{at:%H}{':' if language == 'en' else '.'}{at:%M} {ZONES.get(zone, 'WIB')}"


def clock(value: datetime, language: str, zone: str = DEFAULT_ZONE) -> str:
    """`24 Nov 2026, 14.05 WIB`."""
    return f"{day(value, language, zone)}, {time_of(value, language, zone)}"


@lru_cache(maxsize=2_000)
def _pieces(wording: str) -> tuple[tuple[str, str | None, str], ...]:
    """What a wording is made of: a text, and the name and the format of the value after it."""
    parsed = string.Formatter().parse(wording)
    return tuple((text, name, spec or "") for text, name, spec, _ in parsed)


_BY_TIME = {"day": day, "clock": clock, "weekday": weekday}
_BY_AMOUNT = {"rp": money, "pct": rate, "num": number}


def _shown(value: Any, spec: str, language: str, zone: str) -> str:
    if spec in _BY_AMOUNT:
        return _BY_AMOUNT[spec](value, language)
    if spec in _BY_TIME:
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        return _BY_TIME[spec](at, language, zone)
    if "|" in spec:
        one, _, many = spec.partition("|")
        return one if value == 1 else many
    if isinstance(value, list | tuple):
        return ", ".join(str(v) for v in value)
    return format(value, spec)


def say(language: str, code: str, zone: str = DEFAULT_ZONE, **values: Any) -> str:
    """The message `code` in the language with its values; the code itself if it has no wording."""
    found = catalogue(language).get(code) or catalogue("id").get(code)
    if found is None:
        return code
    return "".join([
        text if name is None else text + _shown(values.get(name, ""), spec, language, zone)
        for text, name, spec in _pieces(found)
    ])  # fmt: skip


def known(language: str, code: str) -> bool:
    """Whether the code has a wording in this language."""
    return code in catalogue(language)
