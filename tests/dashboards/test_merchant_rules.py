"""The counter's form and the small questions: tables."""

import pytest

from dashboards.merchant import rules as small
from dashboards.merchant.sales import rules as counter


@pytest.mark.parametrize(
    ("hour", "name"),
    [(0, "malam"), (4, "pagi"), (10, "pagi"), (11, "siang"), (15, "sore"), (18, "malam")],
)
def test_the_time_of_day(hour: int, name: str) -> None:
    assert small.part_of_day(hour) == name


@pytest.mark.parametrize(
    ("before", "now", "wanted"), [(0, 5, None), (100, 118, 18), (100, 50, -50), (200, 201, 1)]
)
def test_a_change_in_percent(before: int, now: int, wanted: int | None) -> None:
    assert small.change(before, now) == wanted


def test_a_share_and_what_differs() -> None:
    assert small.share_bp(116, 1000) == 1160
    assert small.share_bp(1, 0) is None
    old = {"a": ("Ani", 10), "b": ("Budi", 5), "c": ("Cici", 1)}
    new = {"a": ("Ani", 12), "c": ("Cici", 1), "d": ("Dodi", 3)}
    found = small.changed(old, new)
    assert [(c.name, c.before, c.now) for c in found] == [
        ("Ani", 10, 12), ("Budi", 5, None), ("Dodi", None, 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("order", "commissions", "wanted"),
    [
        ("paid", [], "paid"),
        ("cancelled", ["reversed"], "cancelled"),
        ("completed", ["paid", "pending"], "pending"),
        ("completed", ["rejected"], "rejected"),
    ],
)
def test_the_chip_shows_what_is_least_certain(
    order: str, commissions: list[str], wanted: str
) -> None:
    assert counter.chip(order, commissions) == wanted


def test_the_counters_form() -> None:
    assert [counter.rows(n) for n in ("", "9", "99", "x")] == [3, 9, 50, 3]
    typed = {
        "order_id": "T1", "placed": "2026-11-24T09:30", "source": "whatsapp", "state": "placed",
        "sku-2": "A", "quantity-2": "2", "sku-3": "B", "price-3": "5.000", "phone": "0812",
        "coupon": "X", "note": "hai", "discount": "100",
    }  # fmt: skip
    body, bad, used = counter.read(typed, 3, {"A": 700}, "Asia/Makassar")
    assert bad == []
    assert used == [2, 3]
    assert body["placed_at"] == "2026-11-24T09:30:00+08:00"
    assert body["items"] == [
        {"sku": "A", "quantity": 2, "unit_price": 700},
        {"sku": "B", "quantity": 1, "unit_price": 5000},
    ]
    assert body["buyer"] == {"phone": "0812"}
    wrong = {"placed": "2026-11-24T09:30+07:00", "sku-1": "A", "quantity-1": "0", "price-1": "?"}
    _, bad, used = counter.read(wrong, 3, {}, "Asia/Jakarta")
    assert {b.pointer for b in bad} == {"/order_id", "/placed", "/quantity-1", "/price-1"}
    assert counter.field_of("/items/0/quantity", [2]) == "quantity-2"
    assert counter.field_of("/items/4/sku", [2]) == "sku-1"
    assert counter.field_of("/items", []) == "sku-1"
    assert counter.field_of("/placed_at", []) == "placed"
    assert counter.field_of("/coupon", []) == "coupon"
