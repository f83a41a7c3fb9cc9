"""Which chip an order gets, and its form read as a sale. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dashboards.frame.rules import read_number, read_rupiah
from jejaring.kit.errors import BadField
from referrals.orders.rules import CLOSED_STATES

FIELDS = (
    "order_id",
    "source",
    "placed",
    "state",
    "coupon",
    "discount",
    "shipping",
    "phone",
    "note",
)
ROWS, MORE_ROWS, MAX_ROWS = 3, 3, 50
_WEIGHT = ("held", "pending", "payable", "in_payout", "paid", "rejected", "reversed")


def chip(order_state: str, commissions: Sequence[str]) -> str:
    """The state that matters most now: a closed order's own, else that of its commissions (what is
    least certain first), else the order's.
    """
    if order_state in CLOSED_STATES or not commissions:
        return order_state
    return min(commissions, key=_WEIGHT.index)


def rows(count: str) -> int:
    """How many item rows the form has (3…50)."""
    wanted = int(count) if count.isdecimal() and len(count) <= 2 else ROWS
    return max(ROWS, min(wanted, MAX_ROWS))


def names(count: int) -> list[str]:
    """Every field of the form with `count` item rows."""
    items = [f"{n}-{i}" for i in range(1, count + 1) for n in ("sku", "quantity", "price")]
    return [*FIELDS, "rows", *items]


def read(
    typed: Mapping[str, str], count: int, prices: Mapping[str, int], zone: str
) -> tuple[dict[str, Any], list[BadField], list[int]]:
    """The body of `POST /v1/sales` that a form means, every wrong field by its name, and the rows
    that are its items in order. An empty row is left out; an empty price is the catalogue's.
    """
    bad: list[BadField] = []
    used = [i for i in range(1, count + 1) if typed.get(f"sku-{i}", "").strip()]
    items = [_item(typed, i, prices, bad) for i in used]
    if not used:
        bad.append(BadField("/sku-1", "form.item"))
    body: dict[str, Any] = {
        "order_id": typed.get("order_id", ""),
        "source": "whatsapp" if typed.get("source") == "whatsapp" else "offline",
        "placed_at": _instant(typed.get("placed", ""), zone, bad),
        "state": typed.get("state") if typed.get("state") in ("placed", "completed") else "paid",
        "currency": "IDR",
        "items": items,
        "discount": _rupiah(typed, "discount", bad) or 0,
        "shipping": _rupiah(typed, "shipping", bad) or 0,
        "coupon": typed.get("coupon") or None,
        "note": typed.get("note") or None,
    }
    if not body["order_id"]:
        bad.append(BadField("/order_id", "field.missing"))
    if typed.get("phone"):
        body["buyer"] = {"phone": typed["phone"][:40]}
    return body, bad, used


def _item(
    typed: Mapping[str, str], row: int, prices: Mapping[str, int], bad: list[BadField]
) -> dict[str, Any]:
    sku = typed[f"sku-{row}"].strip()
    text = typed.get(f"quantity-{row}", "").strip()
    quantity = read_number(text) if text else 1
    if quantity is None or not 1 <= quantity <= 100_000:
        bad.append(BadField(f"/quantity-{row}", "form.quantity"))
    price = _rupiah(typed, f"price-{row}", bad)
    if price is None:
        price = prices.get(sku)
    if price is None:
        bad.append(BadField(f"/price-{row}", "form.price"))
    return {"sku": sku, "quantity": quantity or 1, "unit_price": price or 0}


def _rupiah(typed: Mapping[str, str], name: str, bad: list[BadField]) -> int | None:
    text = typed.get(name, "").strip()
    amount = read_rupiah(text)
    if text and amount is None:
        bad.append(BadField(f"/{name}", "form.rupiah"))
    return amount


def _instant(text: str, zone: str, bad: list[BadField]) -> str:
    """`2026-11-24T09:30` on the shop's clock, as RFC 3339."""
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        wall = None
    if wall is None or wall.tzinfo is not None or not 1970 <= wall.year <= 2200:
        bad.append(BadField("/placed", "form.moment"))
        return ""
    return wall.replace(tzinfo=ZoneInfo(zone)).isoformat()


def field_of(pointer: str, used: Sequence[int]) -> str:
    """The form's field that a pointer into the body means."""
    parts = pointer.strip("/").split("/")
    if parts[0] == "items" and len(parts) > 1 and parts[1].isdecimal():
        row = used[int(parts[1])] if int(parts[1]) < len(used) else 1
        names_of = {"quantity": "quantity", "unit_price": "price"}
        return f"{names_of.get(parts[-1], 'sku')}-{row}"
    return {"placed_at": "placed", "items": "sku-1", "buyer": "phone"}.get(parts[0], parts[0])
