"""The terms form, the counter's form, and the small questions: tables and laws."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.terms.shapes import normal, parse
from campaigns.terms.stored import read as terms_of
from dashboards.merchant import rules as small
from dashboards.merchant.campaigns import rules
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


def test_every_wrong_field_of_the_terms_is_named() -> None:
    typed = {
        **rules.DEFAULT, "rate": "120", "max": "x", "hold": "999", "window": "0", "disc": "?",
        "all": "-", "more": "2", "rate-1": "5", "kind-2": "per_item", "rate-2": "zz",
        "category-2": "kain",
    }  # fmt: skip
    _, bad = rules.read(typed)
    assert {b.pointer for b in bad} == {
        "/rate", "/max", "/hold", "/window", "/disc", "/all", "/category-1", "/rate-2",
    }  # fmt: skip
    _, bad = rules.read({**rules.DEFAULT, "rate": "", "kind": "per_order"})
    assert [(b.pointer, b.code) for b in bad] == [("/rate", "field.missing")]
    _, bad = rules.read({**rules.DEFAULT, "rate": ""})
    assert [(b.pointer, b.code) for b in bad] == [("/rate", "field.missing")]


@given(
    rate=st.integers(0, 10_000),
    amount=st.integers(0, 10**9),
    kind=st.sampled_from(rules.KINDS),
    more=st.integers(0, rules.MAX_MORE),
    first=st.booleans(),
    price=st.integers(1, 10**9),
)
def test_terms_typed_read_and_typed_again_are_the_same(
    rate: int, amount: int, kind: str, more: int, first: bool, price: int
) -> None:
    worth = rules._percent(rate) if kind == "percent" else rules._plain(amount)
    typed = {
        **rules.DEFAULT, "kind": kind, "rate": worth, "max": "1.000", "month": "", "all": "5.000",
        "disc": "2,5", "model": "first_touch" if first else "last_touch", "more": str(more),
    }  # fmt: skip
    for i in range(1, more + 1):
        typed |= {
            f"kind-{i}": kind, f"rate-{i}": worth, f"max-{i}": "", f"month-{i}": "9",
            f"category-{i}": f"kain {i}, batik {i}", f"role-{i}": "reseller" if i == 1 else "",
        }  # fmt: skip
    body, bad = rules.read(typed)
    assert bad == []
    stored = normal(parse(body))
    assert rules.typed_of(stored) == typed
    worked = rules.worked(terms_of(stored), rules.Product("Kain", price))
    assert worked.paid == worked.kept + worked.commission


def test_terms_that_say_more_than_the_form() -> None:
    pay: dict[str, Any] = {"kind": "percent", "rate_bp": 100}
    every = {"when": {}, "pay": pay}
    for body in (
        {"rules": [{"when": {"sku": ["A"]}, "pay": pay}]},
        {"rules": [{"when": {"sku": ["A"]}, "pay": pay}, every]},
        {"rules": [{"when": {"role": ["buzzer", "reseller"]}, "pay": pay}, every]},
        {"rules": [{"when": {"category": ["a"]}, "pay": {"kind": "tiers"}}, every]},
    ):
        assert rules.typed_of(body) is None


def test_pointers_lead_to_fields() -> None:
    assert rules.field_of("/terms/rules/0/pay/rate_bp", 2) == "rate-1"
    assert rules.field_of("/rules/2", 2) == "rate"
    assert rules.field_of("/hold_days", 0) == "hold_days"
    assert rules.special({"more": "9"}) == rules.MAX_MORE
    assert rules.special({"more": "x"}) == 0
    assert rules.preset("nothing") == dict(rules.DEFAULT)
    assert rules.read({**rules.DEFAULT, "kind": "magic", "disc": "0"})[1] == []


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
