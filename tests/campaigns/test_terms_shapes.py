"""Terms as they are sent: what is accepted, what is refused, and where."""

from typing import Any

import pytest

from campaigns.terms.issue import named_products
from campaigns.terms.shapes import normal, parse
from jejaring.kit.errors import Invalid

ALL = {"kind": "percent", "rate_bp": 1000}


def wrong(raw: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        parse(raw)
    return {field.pointer: field.code for field in caught.value.fields}


def test_only_rules_are_required_and_the_rest_is_written_out() -> None:
    assert normal(parse({"rules": [{"pay": ALL}]})) == {
        "attribution": {"model": "last_touch", "window_days": 30, "coupon_beats_click": True},
        "hold_days": 7,
        "rules": [{"name": "Komisi 1", "when": {}, "pay": ALL}],
    }


def test_the_contracts_example_is_read_whole() -> None:
    raw = {
        "attribution": {"model": "last_touch", "window_days": 30, "coupon_beats_click": True},
        "hold_days": 7,
        "rules": [
            {
                "name": "Batik for influencers",
                "when": {
                    "category": ["batik"],
                    "role": ["influencer"],
                    "channel": ["coupon"],
                    "new_buyer": True,
                    "min_order": 100_000,
                },
                "pay": {"kind": "percent", "rate_bp": 1500},
                "max_per_order": 50_000,
                "max_per_partner_month": 1_000_000,
            },
            {"name": "Everything else", "when": {}, "pay": ALL},
        ],
        "max_per_partner_month": 2_000_000,
        "recruiter": {"rate_bp": 1000, "active_days": 30},
        "bond_days": 0,
        "buyer_discount": {"kind": "percent", "rate_bp": 500},
    }
    terms = parse(raw)
    assert normal(terms) == raw


def test_null_is_the_same_as_absent() -> None:
    raw = {"rules": [{"when": {"role": None}, "pay": {**ALL, "amount": None}}], "hold_days": None}
    assert normal(parse(raw)) == normal(parse({"rules": [{"pay": ALL}]}))


def test_one_word_means_a_list_of_one() -> None:
    body = normal(parse({"rules": [{"when": {"sku": "A", "role": "buzzer"}, "pay": ALL}]}))
    assert body["rules"][0]["when"] == {"sku": ["A"], "role": ["buzzer"]}


def test_every_bad_field_is_named_at_once() -> None:
    raw = {
        "rules": [
            {"when": {"role": ["boss"], "min_quantity": 0}, "pay": {"kind": "percent"}},
            {"pay": {"kind": "per_item", "rate_bp": 10_001}, "max_per_order": -1},
            {"pay": {"kind": "bounty"}},
        ],
        "attribution": {"window_days": 0},
        "hold_days": 7.5,
        "surprise": 1,
    }
    assert wrong(raw) == {
        "/rules/0/when/role/0": "field.literal_error",
        "/rules/0/when/min_quantity": "field.greater_than_equal",
        "/rules/0/pay/rate_bp": "field.missing_for_kind",
        "/rules/1/pay/rate_bp": "field.less_than_equal",
        "/rules/1/max_per_order": "field.greater_than_equal",
        "/rules/2/pay/kind": "field.literal_error",
        "/attribution/window_days": "field.greater_than_equal",
        "/hold_days": "field.int_type",
        "/surprise": "field.extra_forbidden",
    }


@pytest.mark.parametrize("rate", [-1, 10_001, 10.0, "10", True])
def test_a_rate_outside_or_not_whole_is_refused(rate: object) -> None:
    assert list(wrong({"rules": [{"pay": {"kind": "percent", "rate_bp": rate}}]})) == [
        "/rules/0/pay/rate_bp"
    ]


@pytest.mark.parametrize(
    ("when", "pointer"),
    [
        ({"role": []}, "/rules/0/when/role"),
        ({"item": "sideways"}, "/rules/0/when/item"),
        ({"channel": ["smoke"]}, "/rules/0/when/channel/0"),
        ({"colour": "red"}, "/rules/0/when/colour"),
        ({"from": "2026-11-24T12:00:00"}, "/rules/0/when/from"),
        (
            {"from": "2026-11-24T12:00:00+07:00", "until": "2026-11-24T05:00:00Z"},
            "/rules/0/when/until",
        ),
    ],
)
def test_conditions_that_cannot_be_are_refused(when: dict[str, object], pointer: str) -> None:
    assert list(wrong({"rules": [{"when": when, "pay": ALL}]})) == [pointer]


def test_a_field_of_another_kind_is_refused() -> None:
    raw = {"rules": [{"pay": {**ALL, "amount": 5, "months": 3}}]}
    assert wrong(raw) == {
        "/rules/0/pay/amount": "field.not_for_kind",
        "/rules/0/pay/months": "field.not_for_kind",
    }


def test_a_rule_that_is_never_reached_names_the_one_that_hides_it() -> None:
    raw = {"rules": [{"name": "Semua", "pay": ALL}, {"when": {"role": "buzzer"}, "pay": ALL}]}
    with pytest.raises(Invalid) as caught:
        parse(raw)
    field = caught.value.fields[0]
    assert (field.pointer, field.code) == ("/rules/1", "field.rule_hidden")
    assert field.values["by"] == ["1. Semua"]


def test_the_products_that_conditions_name_are_found_with_their_places() -> None:
    raw = {"rules": [{"when": {"product_id": ["a", "b"]}, "pay": ALL}, {"pay": ALL}]}
    assert named_products(parse(raw)) == {
        "/rules/0/when/product_id/0": "a",
        "/rules/0/when/product_id/1": "b",
    }


STEPS = [{"from": 0, "rate_bp": 500}, {"from": 1_000_000, "rate_bp": 700}]


@pytest.mark.parametrize(
    ("pay", "expected"),
    [
        ({"kind": "tiers"}, {"mode": "missing_for_kind", "steps": "missing_for_kind"}),
        (
            {"kind": "tiers", "mode": "whole", "steps": [{"from": 1, "rate_bp": 1}]},
            {"steps/0/from": "steps_from_zero"},
        ),
        (
            {"kind": "tiers", "mode": "marginal", "steps": [STEPS[0], STEPS[1], STEPS[1]]},
            {"steps/2/from": "steps_not_rising"},
        ),
        (
            {"kind": "tiers", "mode": "marginal", "steps": STEPS, "rate_bp": 1},
            {"rate_bp": "not_for_kind"},
        ),
        ({"kind": "bonus", "amount": 5}, {"at_sales": "one_target"}),
        ({"kind": "bonus", "amount": 5, "at_sales": 1, "at_volume": 1}, {"at_sales": "one_target"}),
        ({"kind": "per_click", "amount": 5}, {"max_per_day": "missing_for_kind"}),
        ({"kind": "recurring", "months": 5}, {"rate_bp": "missing_for_kind"}),
    ],
)
def test_each_kind_needs_its_own_fields(pay: dict[str, Any], expected: dict[str, str]) -> None:
    found = wrong({"rules": [{"pay": pay}]})
    assert found == {f"/rules/0/pay/{at}": f"field.{code}" for at, code in expected.items()}


def test_an_event_rule_asks_only_what_its_event_has() -> None:
    pay = {"kind": "per_click", "amount": 5, "max_per_day": 100}
    when = {"role": "buzzer", "sku": "A", "min_order": 1, "until": "2030-01-01T00:00:00Z"}
    assert wrong({"rules": [{"when": when, "pay": pay, "max_per_order": 1}]}) == {
        "/rules/0/max_per_order": "field.not_for_kind",
        "/rules/0/when/min_order": "field.not_for_kind",
        "/rules/0/when/sku": "field.not_for_kind",
    }


def test_what_is_counted_by_the_month_has_a_name_of_its_own() -> None:
    tiers = {"kind": "tiers", "mode": "marginal", "steps": STEPS}
    raw = {"rules": [{"name": "A", "when": {"role": "buzzer"}, "pay": ALL}]}
    raw["rules"].append({"name": "A", "pay": tiers})
    assert wrong(raw) == {"/rules/1/name": "field.rule_name_twice"}


def test_event_rules_hide_nothing_and_are_hidden_by_nothing() -> None:
    bonus = {"pay": {"kind": "bonus", "amount": 5, "at_sales": 1}}
    assert parse({"rules": [bonus, {"pay": ALL}, {"name": "B", **bonus}]})


def test_a_recurring_rule_hides_only_a_shorter_one() -> None:
    long = {"pay": {"kind": "recurring", "rate_bp": 1, "months": 6}}
    short = {"pay": {"kind": "recurring", "rate_bp": 1, "months": 3}}
    bond = {"bond_days": 90}
    assert parse({"rules": [short, long, {"pay": ALL}], **bond})
    assert wrong({"rules": [long, short, {"pay": ALL}], **bond}) == {
        "/rules/1": "field.rule_hidden"
    }
    assert wrong({"rules": [{"pay": ALL}, long], **bond}) == {"/rules/1": "field.rule_hidden"}


def test_a_recurring_rule_needs_a_bond() -> None:
    rule = {"pay": {"kind": "recurring", "rate_bp": 1, "months": 6}}
    assert wrong({"rules": [rule, {"pay": ALL}]}) == {
        "/rules/0/pay/kind": "field.recurring_needs_bond"
    }
