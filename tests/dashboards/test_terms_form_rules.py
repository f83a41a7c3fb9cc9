"""The terms form: what is typed, read and typed again; rules in order. Tables and laws."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.terms.rules import EVENT_KINDS
from campaigns.terms.shapes import normal, parse
from campaigns.terms.stored import read as terms_of
from dashboards.merchant.terms import rules, written
from dashboards.merchant.terms.rules import Typed
from jejaring.kit.errors import BadField, Invalid

ZONE = "Asia/Makassar"
_WORDS = st.lists(st.sampled_from(["kain, batik", "kopi", "Teh 100%"]), min_size=1, unique=True)
_AMOUNT = st.integers(0, 10**12)
_RATE = st.integers(0, 10_000)
_INSTANT = st.sampled_from(
    ["2026-11-23T16:00:00Z", "2026-11-24T10:15:00+07:00", "2026-12-01T00:00:00+08:00",
     "2026-11-24T10:15:30.250000Z"]
)  # fmt: skip


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


_ASKS: dict[str, st.SearchStrategy[Any]] = {
    "product_id": _WORDS, "sku": _WORDS, "category": _WORDS, "partner": _WORDS,
    "role": st.lists(st.sampled_from(["reseller", "buzzer"]), min_size=1, unique=True),
    "tier": st.lists(st.sampled_from(["bronze", "gold"]), min_size=1, unique=True),
    "channel": st.lists(st.sampled_from(["link", "coupon"]), min_size=1, unique=True),
    "item": st.sampled_from(["direct", "indirect"]), "new_buyer": st.booleans(),
    "min_line": _AMOUNT, "min_order": _AMOUNT, "min_quantity": st.integers(1, 100_000),
}  # fmt: skip
_STEPS = st.lists(st.tuples(st.integers(1, 10**9), _RATE), max_size=4, unique_by=lambda one: one[0])


def _pay(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    if kind == "tiers":
        return st.builds(
            lambda mode, first, more: {
                "kind": kind, "mode": mode,
                "steps": [{"from": start, "rate_bp": rate} for start, rate in
                          [(0, first), *sorted(more)]],
            },
            st.sampled_from(["marginal", "whole"]), _RATE, _STEPS,
        )  # fmt: skip
    if kind == "bonus":
        targets = st.one_of(
            st.fixed_dictionaries({"at_sales": st.integers(1, 1_000_000)}),
            st.fixed_dictionaries({"at_volume": _AMOUNT}),
        )
        return st.builds(lambda a, t: {"kind": kind, "amount": a, **t}, _AMOUNT, targets)
    own: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "percent": {"rate_bp": _RATE},
        "recurring": {"rate_bp": _RATE, "months": st.integers(1, 120)},
        "per_click": {"amount": _AMOUNT, "max_per_day": _AMOUNT},
    }
    return st.fixed_dictionaries({"kind": st.just(kind), **own.get(kind, {"amount": _AMOUNT})})


@st.composite
def _rule(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(written.KINDS))
    when = draw(_some(**{n: s for n, s in _ASKS.items() if n in written.asks(kind)}))
    edge = draw(st.sampled_from(["", "from", "until"]))
    if edge:
        when[edge] = draw(_INSTANT)
    limits = {"max_per_partner_month": _AMOUNT}
    if kind not in EVENT_KINDS:
        limits["max_per_order"] = _AMOUNT
    return {"name": "Aturan", "pay": draw(_pay(kind)), "when": when, **draw(_some(**limits))}


@given(
    rule=_rule(),
    rest=_some(
        hold_days=st.integers(0, 365),
        max_per_partner_month=_AMOUNT,
        recruiter=st.fixed_dictionaries(
            {"rate_bp": st.integers(0, 5_000), "active_days": st.integers(1, 365)}
        ),
        buyer_discount=st.fixed_dictionaries({"kind": st.just("percent"), "rate_bp": _RATE}),
        attribution=st.fixed_dictionaries(
            {
                "model": st.sampled_from(rules.MODELS),
                "window_days": st.integers(1, 365),
                "coupon_beats_click": st.booleans(),
            }
        ),
        selling_prices=st.just(
            [{"product_id": "prd_1", "base": 1_000, "floor": 1_200, "ceiling": 2_000}]
        ),
    ),
)
def test_every_term_of_the_api_is_typed_and_read_again_unchanged(
    rule: dict[str, Any], rest: dict[str, Any]
) -> None:
    stored = normal(parse({"rules": [rule], "bond_days": 90, **rest}))
    typed = rules.typed_of(stored, ZONE)
    assert rules.of(typed.stored()) == typed
    body, bad = rules.read(typed, ZONE)
    assert bad == []
    again = normal(parse(body))
    assert terms_of(again) == terms_of(stored)
    assert rules.typed_of(again, ZONE) == typed


def test_every_wrong_field_of_the_page_is_named() -> None:
    typed = rules.preset("code", ({"product_id": "p", "base": "x", "floor": "", "ceiling": "1"},))
    sent = {
        "rate-1": "120", "max-1": "x", "hold": "999", "window": "0", "disc": "?", "all": "-",
        "bond": "4000", "share": "x", "active": "0", "coupon": "",
    }  # fmt: skip
    _, bad = rules.read(rules.filled(typed, sent), ZONE)
    assert {b.pointer for b in bad} == {
        "/rate-1", "/max-1", "/hold", "/window", "/disc", "/all", "/bond", "/share", "/active",
        "/prices",
    }  # fmt: skip
    _, bad = rules.read(Typed(), ZONE)
    assert [(b.pointer, b.code) for b in bad] == [("/", "form.no_rule")]


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"kind": "percent"}, {"rate"}),
        ({"kind": "percent", "rate": "x"}, {"rate"}),
        ({"kind": "per_item", "amount": "1,5"}, {"amount"}),
        ({"kind": "per_click"}, {"amount", "most"}),
        ({"kind": "recurring", "rate": "5", "months": ""}, {"months"}),
        ({"kind": "recurring", "rate": "5", "months": "0"}, {"months"}),
        ({"kind": "bonus", "amount": "1"}, {"at_sales"}),
        ({"kind": "bonus", "amount": "1", "at_sales": "x"}, {"at_sales"}),
        ({"kind": "bonus", "amount": "1", "at_sales": "1", "at_volume": "1"}, {"at_sales"}),
        ({"kind": "tiers", "mode": "whole"}, {"rate-1"}),
        ({"kind": "tiers", "from-1": "0", "rate-1": "200", "rate-2": "5"}, {"rate-1", "from-2"}),
        ({"kind": "percent", "rate": "5", "from": "soon", "until": "2026-13-01"},
         {"from", "until"}),
        ({"kind": "percent", "rate": "5", "from": "20261124"}, {"from"}),
        ({"kind": "percent", "rate": "5", "from": "0001-01-01T00:00"}, {"from"}),
        ({"kind": "percent", "rate": "5", "from": "2026-11-24T00:00+09:00", "name": " "}, set()),
        ({"kind": "percent", "rate": "5", "min_order": "?", "min_quantity": "0", "month": "?"},
         {"min_order", "min_quantity", "month"}),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_rule(typed: dict[str, str], wrong: set[str]) -> None:
    _, bad = written.read(written.tidy(typed), ZONE)
    assert {b.pointer[1:] for b in bad} == wrong


def test_a_last_day_is_included() -> None:
    rule = {"kind": "percent", "rate": "5", "from": "2026-11-24", "until": "24/11/2026"}
    body, bad = written.read(rule, "Asia/Jakarta")
    assert bad == []
    assert body["when"] == {
        "from": "2026-11-23T17:00:00+00:00", "until": "2026-11-24T17:00:00+00:00",
    }  # fmt: skip


def test_empty_steps_are_left_out() -> None:
    rows = {
        "kind": "tiers", "from-1": "", "rate-1": "5", "from-2": "", "rate-2": "",
        "from-3": "1.000", "rate-3": "7", "from-x": "1", "mode": "marginal",
    }  # fmt: skip
    assert written.tidy(rows) == {
        "kind": "tiers", "mode": "marginal", "from-1": "0", "rate-1": "5", "from-2": "1.000",
        "rate-2": "7",
    }  # fmt: skip


def _named(*kinds: str) -> Typed:
    typed = Typed()
    for i, kind in enumerate(kinds, start=1):
        kind, _, category = kind.partition(":")
        rule = {"key": str(i), **dict.fromkeys(written.names(kind), ""), "kind": kind}
        typed = rules.put(typed, rule | ({"category": category} if category else {}))
    return typed


def _order(typed: Typed) -> list[str]:
    return [rule["name"] for rule in typed.rules]


def test_a_new_rule_goes_where_it_can_work() -> None:
    typed = _named("percent", "bonus", "percent:kain\nteh", "per_item", "bonus")
    assert _order(typed) == [
        "kain, teh", "Semua produk 2", "Semua produk", "Bonus bulanan", "Bonus bulanan 2",
    ]  # fmt: skip
    changed = rules.put(typed, {**typed.rules[1], "name": "Lain"})
    assert _order(changed)[1] == "Lain"
    assert len(changed.rules) == 5


def test_rules_are_moved_and_taken_away() -> None:
    typed = _named("percent:a", "percent:b")
    assert _order(rules.move(typed, "1", 1)) == ["b", "a"]
    assert _order(rules.move(typed, "2", -1)) == ["b", "a"]
    for key, by in (("1", -1), ("2", 1), ("9", 1)):
        assert rules.move(typed, key, by) == typed
    assert _order(rules.without(typed, "1")) == ["b"]
    assert rules.without(typed, "9") == typed


def test_a_selling_price_is_kept_changed_and_taken_away() -> None:
    price = {"product_id": "p", "base": "1", "floor": "2", "ceiling": "3"}
    typed = rules.priced(Typed(), price)
    assert typed.price("p") == price
    assert typed.price("q") is None
    assert rules.priced(typed, {**price, "base": "2"}).price("p") == {**price, "base": "2"}
    assert rules.priced(typed, {"product_id": "p", "base": ""}) == Typed()


@pytest.mark.parametrize(
    ("pointer", "code", "wanted"),
    [
        ("/terms/rules/0/pay/rate_bp", "x", ("rate-1", "x")),
        ("/rules/0", "field.rule_hidden", ("rule-1", "field.rule_hidden")),
        ("/rules/0/pay/kind", "field.recurring_needs_bond", ("bond", "form.needs_bond")),
        ("/rules/0/when/category/0", "x", ("rule-1", "x")),
        ("/rules/9/name", "x", ("rules", "x")),
        ("/selling_prices/0/floor", "x", ("prices", "x")),
        ("/rate-1", "x", ("rate-1", "x")),
        ("/attribution/window_days", "x", ("window", "x")),
        ("/effective_at", "x", ("day", "x")),
        ("/rules", "x", ("", "x")),
    ],
)
def test_pointers_lead_to_fields(pointer: str, code: str, wanted: tuple[str, str]) -> None:
    assert rules.field_of(rules.preset("percent"), BadField(pointer, code)) == wanted


@pytest.mark.parametrize(
    ("place", "field"),
    [
        ("pay/steps/1/from", "from-2"), ("pay/steps/0/rate_bp", "rate-1"), ("pay/steps", "from-1"),
        ("when/until", "until"), ("max_per_order", "max"), ("", ""), ("pay/kind", ""),
    ],
)  # fmt: skip
def test_a_rules_pointers_lead_to_its_fields(place: str, field: str) -> None:
    assert written.field_of(place) == field


def test_which_fields_a_rule_has() -> None:
    assert "max" not in written.names("bonus")
    assert written.asks("per_post") == ("role", "partner", "tier", "from", "until")
    assert written.inline("tiers") == ()
    assert written.inline("per_order") == ("amount", "max")
    assert written.several("sku")
    assert not written.several("item")


@given(
    name=st.sampled_from([*rules.PRESETS, "nothing"]),
    price=st.integers(1, 10**9),
)
def test_every_preset_can_be_launched_and_its_example_adds_up(name: str, price: int) -> None:
    body, bad = rules.read(rules.preset(name), ZONE)
    assert bad == []
    worked = rules.worked(terms_of(normal(parse(body))), rules.Product("Kain", price))
    assert worked.paid == worked.kept + worked.commission
    assert worked.paid <= worked.price == price
    assert rules.paid(rules.preset(name), price) == worked.paid


@pytest.mark.parametrize("disc", ["", "x", "120", "0"])
def test_a_discount_that_cannot_be_takes_nothing_off(disc: str) -> None:
    typed = rules.filled(rules.preset("percent"), {"disc": disc})
    assert rules.paid(typed, 1_000) == 1_000


def test_one_word_of_an_old_body_is_a_list_of_one() -> None:
    rule = {"pay": {"kind": "percent", "rate_bp": 5}, "when": {"role": "buzzer"}}
    assert written.typed_of(rule, ZONE)["role"] == "buzzer"
    assert written.typed_of({"pay": {"kind": "tiers"}}, ZONE)["mode"] == ""


def test_a_form_without_rules_is_refused_by_the_shape_too() -> None:
    with pytest.raises(Invalid):
        parse(rules.read(Typed(), ZONE)[0])
