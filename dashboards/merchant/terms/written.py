"""One rule as it is written into a form: what is typed as a rule, a rule as what is typed. Pure.

A field that takes several words holds them one per line.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.terms.rules import EVENT_KINDS, LINE_KINDS
from dashboards.frame.rules import read_day, read_number, read_rate, read_rupiah
from jejaring.kit import money
from jejaring.kit.errors import BadField
from jejaring.kit.money import FULL_BP
from jejaring.kit.periods import day_start, local

KINDS = (*LINE_KINDS, *EVENT_KINDS)
RATED = ("percent", "recurring")
MAX_STEPS = 20
_OWN: Mapping[str, tuple[str, ...]] = {
    "percent": ("rate",),
    "per_order": ("amount",),
    "per_item": ("amount",),
    "tiers": ("mode",),
    "recurring": ("rate", "months"),
    "per_click": ("amount", "most"),
    "per_post": ("amount",),
    "bonus": ("amount", "at_sales", "at_volume"),
}
_SEVERAL = ("category", "product_id", "sku", "role", "tier", "partner", "channel")
_LEAST = ("min_line", "min_order", "min_quantity")
_ASKS: Mapping[str, tuple[str, ...]] = {
    "per_click": ("role", "partner", "tier", "product_id", "channel", "from", "until"),
    "per_post": ("role", "partner", "tier", "from", "until"),
}
_ALL_ASKS = (*_SEVERAL, "item", "new_buyer", *_LEAST, "from", "until")
_BUYERS = {"new": True, "returning": False}
_PLACES = {
    "pay/rate_bp": "rate", "pay/amount": "amount", "pay/mode": "mode", "pay/months": "months",
    "pay/max_per_day": "most", "pay/at_sales": "at_sales", "pay/at_volume": "at_volume",
    "max_per_order": "max", "max_per_partner_month": "month", "name": "name",
    "pay/steps": "from-1",
}  # fmt: skip
_STEP = re.compile(r"pay/steps/(\d+)/(from|rate_bp)")
_NAMES = {
    "tiers": "Komisi bertingkat", "recurring": "Belanja ulang", "per_click": "Klik",
    "per_post": "Postingan", "bonus": "Bonus bulanan",
}  # fmt: skip


def asks(kind: str) -> tuple[str, ...]:
    """The conditions that a rule of this kind may have."""
    return _ASKS.get(kind, _ALL_ASKS)


def inline(kind: str) -> tuple[str, ...]:
    """The fields that stand on the rule's card itself, without opening the rule."""
    if kind not in ("percent", "per_order", "per_item"):
        return ()
    return ("rate" if kind == "percent" else "amount", "max")


def names(kind: str) -> tuple[str, ...]:
    """Every field of such a rule's form, the steps of tiers left out."""
    limits = ("month",) if kind in EVENT_KINDS else ("max", "month")
    return ("name", *_OWN[kind], *limits, *asks(kind))


def several(name: str) -> bool:
    """Whether the field takes several words."""
    return name in _SEVERAL


def steps(typed: Mapping[str, str]) -> int:
    """How many steps are typed."""
    rows = [n[5:] for n in typed if n.startswith(("from-", "rate-"))]
    numbers = [int(row) for row in rows if row.isdecimal()]
    return min(max(numbers, default=0), MAX_STEPS)


def tidy(typed: Mapping[str, str]) -> dict[str, str]:
    """The rule without steps that are left empty, the first step from 0, the rest as typed."""
    kept = {n: v for n, v in typed.items() if not n.startswith(("from-", "rate-"))}
    if typed["kind"] != "tiers":
        return kept
    rows = [
        (typed.get(f"from-{i}", "").strip(), typed.get(f"rate-{i}", "").strip())
        for i in range(1, steps(typed) + 1)
    ]
    for i, (start, rate) in enumerate(
        [row for row in rows if row[1] or row[0] not in ("", "0")], 1
    ):
        kept |= {f"from-{i}": start or ("0" if i == 1 else ""), f"rate-{i}": rate}
    return kept


class Page:
    """What is typed, read field by field; `bad` gathers what is wrong, by field."""

    def __init__(self, typed: Mapping[str, str]) -> None:
        self.typed = typed
        self.bad: list[BadField] = []

    def text(self, name: str) -> str:
        """What is typed there, trimmed."""
        return self.typed.get(name, "").strip()

    def wrong(self, name: str, code: str, **values: Any) -> None:
        """Note that the field is wrong."""
        self.bad.append(BadField(f"/{name}", code, values))

    def rate(self, name: str) -> int:
        """A percentage as basis points, at most 100 %; 0 where it is wrong."""
        text = self.text(name)
        rate = read_rate(text)
        if rate is None:
            self.wrong(name, "form.rate" if text else "field.missing")
        elif rate > FULL_BP:
            self.wrong(name, "form.rate_high", rate=rate)
            return 0
        return rate or 0

    def rupiah(self, name: str, *, needed: bool = False) -> int | None:
        """An amount; None where it is left empty or wrong."""
        text = self.text(name)
        amount = read_rupiah(text)
        if text and amount is None:
            self.wrong(name, "form.rupiah")
        if needed and not text:
            self.wrong(name, "field.missing")
        return amount

    def number(self, name: str, least: int, most: int, otherwise: int | None = None) -> int | None:
        """A whole number from `least` to `most`; `otherwise` where it is left empty."""
        text = self.text(name)
        number = read_number(text) if text else otherwise
        if text and (number is None or not least <= number <= most):
            self.wrong(name, "form.between", least=least, most=most)
            return otherwise
        return number

    def instant(self, name: str, zone: str, *, last: bool) -> datetime | None:
        """A day's beginning, or, of a last day, its end; a moment as it is typed."""
        text = self.text(name)
        if not text:
            return None
        day = read_day(text)
        if day is not None:
            return day_start(day + timedelta(days=int(last)), zone)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is None or "T" not in text or not 1970 <= moment.year <= 2200:
            self.wrong(name, "form.day")
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


def read(typed: Mapping[str, str], zone: str) -> tuple[dict[str, Any], list[BadField]]:
    """The rule (JSON, as the shape takes it) and what is wrong by field: money, rates and days that
    cannot be read. What only the shape can say (steps that fall) it says itself.
    """
    page = Page(typed)
    kind = typed["kind"]
    rule: dict[str, Any] = {"name": page.text("name")[:80] or title(typed)}
    rule |= {"pay": {"kind": kind, **_pay(page, kind)}, "when": _when(page, kind, zone)}
    limits = {"max": "max_per_order", "month": "max_per_partner_month"}
    for name in ("month",) if kind in EVENT_KINDS else ("max", "month"):
        limit = page.rupiah(name)
        if limit is not None:
            rule[limits[name]] = limit
    return rule, page.bad


def _pay(page: Page, kind: str) -> dict[str, Any]:
    pay: dict[str, Any] = {}
    if kind in RATED:
        pay["rate_bp"] = page.rate("rate")
    elif kind != "tiers":
        pay["amount"] = page.rupiah("amount", needed=True) or 0
    if kind == "tiers":
        pay |= {"mode": "whole" if page.text("mode") == "whole" else "marginal"}
        pay["steps"] = _steps(page)
    elif kind == "recurring":
        if not page.text("months"):
            page.wrong("months", "field.missing")
        pay["months"] = page.number("months", 1, 120) or 1
    elif kind == "per_click":
        pay["max_per_day"] = page.rupiah("most", needed=True) or 0
    elif kind == "bonus":
        pay |= _target(page)
    return pay


def _steps(page: Page) -> list[dict[str, int]]:
    count = steps(page.typed)
    if not count:
        page.wrong("rate-1", "field.missing")
    return [
        {"from": page.rupiah(f"from-{i}", needed=True) or 0, "rate_bp": page.rate(f"rate-{i}")}
        for i in range(1, count + 1)
    ]


def _target(page: Page) -> dict[str, int]:
    """So many orders or so much sold: one of the two."""
    both = [name for name in ("at_sales", "at_volume") if page.text(name)]
    if len(both) != 1:
        page.wrong("at_sales", "form.one_target")
    orders = page.number("at_sales", 1, 1_000_000)
    volume = page.rupiah("at_volume")
    return {"at_sales": orders} if orders else {"at_volume": volume or 0}


def _when(page: Page, kind: str, zone: str) -> dict[str, Any]:
    when: dict[str, Any] = {}
    for name in asks(kind):
        if name in _SEVERAL:
            words = list(dict.fromkeys(w.strip() for w in page.text(name).splitlines()))
            value: Any = [w for w in words if w] or None
        elif name in ("from", "until"):
            moment = page.instant(name, zone, last=name == "until")
            value = moment and moment.isoformat()
        elif name == "min_quantity":
            value = page.number(name, 1, 100_000)
        elif name in _LEAST:
            value = page.rupiah(name)
        elif name == "new_buyer":
            value = _BUYERS.get(page.text(name))
        else:
            value = page.text(name) or None
        if value is not None:
            when[name] = value
    return when


def title(typed: Mapping[str, str]) -> str:
    """What a rule is called that nobody named: by its kind, or by what it is for."""
    if typed["kind"] in _NAMES:
        return _NAMES[typed["kind"]]
    parts = [", ".join(typed.get(name, "").split("\n")) for name in ("category", "role", "partner")]
    return (" · ".join(p for p in parts if p) or "Semua produk")[:80]


def typed_of(rule: Mapping[str, Any], zone: str) -> dict[str, str]:
    """A stored rule as it would be typed: read again it is the same rule."""
    pay, when = rule["pay"], rule.get("when") or {}
    typed = {
        "kind": pay["kind"], "name": rule.get("name") or "",
        "rate": percent(pay.get("rate_bp")), "amount": plain(pay.get("amount")),
        "mode": pay.get("mode") or "", "months": plain(pay.get("months")),
        "most": plain(pay.get("max_per_day")), "at_sales": plain(pay.get("at_sales")),
        "at_volume": plain(pay.get("at_volume")), "max": plain(rule.get("max_per_order")),
        "month": plain(rule.get("max_per_partner_month")),
        "item": when.get("item") or "",
        "new_buyer": _buyer(when.get("new_buyer")),
        "from": _day(when.get("from"), zone, last=False),
        "until": _day(when.get("until"), zone, last=True),
    }  # fmt: skip
    typed |= {name: "\n".join(_list(when.get(name))) for name in _SEVERAL}
    typed |= {name: plain(when.get(name)) for name in _LEAST}
    kept = {"kind": typed["kind"], **{n: typed[n] for n in names(typed["kind"])}}
    for i, step in enumerate(pay.get("steps") or (), start=1):
        kept |= {f"from-{i}": plain(step["from"]), f"rate-{i}": percent(step["rate_bp"])}
    return kept


def _buyer(new: bool | None) -> str:
    return "" if new is None else "new" if new else "returning"


def _list(value: str | Sequence[str] | None) -> Sequence[str]:
    return [value] if isinstance(value, str) else value or ()


def _day(text: str | None, zone: str, *, last: bool) -> str:
    """An instant as its day if it is the beginning (of a last day: the end) of one."""
    if text is None:
        return ""
    here = local(datetime.fromisoformat(text), zone)
    day: date = here.date()
    if day_start(day, zone) != here:
        return here.replace(tzinfo=None).isoformat()
    return (day - timedelta(days=int(last))).isoformat()


def plain(amount: int | None) -> str:
    """An amount as people type it: `150.000`."""
    return "" if amount is None else money.rupiah(amount).removeprefix("Rp")


def percent(rate_bp: int | None) -> str:
    """A rate as people type it: `12,5`."""
    return "" if rate_bp is None else money.percent(rate_bp).removesuffix("%")


def field_of(place: str) -> str:
    """The field that a pointer inside a rule (`pay/rate_bp`) means; '' is the rule as a whole."""
    step = _STEP.match(place)
    if step:
        return f"{'from' if step[2] == 'from' else 'rate'}-{int(step[1]) + 1}"
    if place.startswith("when/"):
        return place.split("/")[1]
    return _PLACES.get(place, "")
