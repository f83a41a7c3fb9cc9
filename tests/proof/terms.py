"""Terms for the proof: every kind of line rule, limits, bonuses, a recruiter's share."""

from typing import Any

from hypothesis import strategies as st

STEPS = [{"from": 0, "rate_bp": 300}, {"from": 400_000, "rate_bp": 700},
         {"from": 900_001, "rate_bp": 1_250}]  # fmt: skip
FREE_FIRST = [{"from": 0, "rate_bp": 0}, {"from": 300_000, "rate_bp": 1_000}]


def _pays() -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(
        [
            {"kind": "percent", "rate_bp": 1000},
            {"kind": "percent", "rate_bp": 777},
            {"kind": "per_order", "amount": 10_001},
            {"kind": "per_item", "amount": 2_500},
            {"kind": "tiers", "mode": "marginal", "steps": STEPS},
            {"kind": "tiers", "mode": "marginal", "steps": FREE_FIRST},
            {"kind": "tiers", "mode": "whole", "steps": STEPS},
        ]
    )


_BONUSES = [
    {"kind": "bonus", "amount": 50_000, "at_sales": 2},
    {"kind": "bonus", "amount": 33_333, "at_volume": 700_000},
]


@st.composite
def terms(draw: st.DrawFn) -> dict[str, Any]:
    """One to three rules: perhaps one for large orders, one for all, perhaps a bonus."""
    rules: list[dict[str, Any]] = []
    if draw(st.booleans()):
        rules.append({"name": "Besar", "when": {"min_order": 300_000}, "pay": draw(_pays())})
    rules.append({"name": "Semua", "when": {}, "pay": draw(_pays())})
    for rule in rules:
        rule |= draw(_limits({"max_per_order": 17_001, "max_per_partner_month": 80_000}))
    if draw(st.booleans()):
        rules.append({"name": "Bonus", "when": {}, "pay": draw(st.sampled_from(_BONUSES))})
    found = {"rules": rules, "hold_days": draw(st.sampled_from([0, 0, 3, 7]))}
    found |= draw(_limits({"max_per_partner_month": 150_001}))
    if draw(st.booleans()):
        found["recruiter"] = {"rate_bp": 1_050, "active_days": draw(st.sampled_from([5, 30]))}
    return found


@st.composite
def _limits(draw: st.DrawFn, known: dict[str, int]) -> dict[str, int]:
    """Each limit in one of six."""
    return {name: n for name, n in known.items() if draw(st.integers(0, 5)) == 0}


budgets = st.sampled_from([None, None, 60_001, 300_000])
