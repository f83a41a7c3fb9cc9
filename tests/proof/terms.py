"""Terms for the proof: every kind of line rule, limits, bonuses, a recruiter's share."""

from random import Random
from typing import Any

STEPS = [{"from": 0, "rate_bp": 300}, {"from": 400_000, "rate_bp": 700},
         {"from": 900_001, "rate_bp": 1_250}]  # fmt: skip
FREE_FIRST = [{"from": 0, "rate_bp": 0}, {"from": 300_000, "rate_bp": 1_000}]
PAYS: list[dict[str, Any]] = [
    {"kind": "percent", "rate_bp": 1000},
    {"kind": "percent", "rate_bp": 777},
    {"kind": "per_order", "amount": 10_001},
    {"kind": "per_item", "amount": 2_500},
    {"kind": "tiers", "mode": "marginal", "steps": STEPS},
    {"kind": "tiers", "mode": "marginal", "steps": FREE_FIRST},
    {"kind": "tiers", "mode": "whole", "steps": STEPS},
]
BONUSES = [
    {"kind": "bonus", "amount": 50_000, "at_sales": 2},
    {"kind": "bonus", "amount": 33_333, "at_volume": 700_000},
]
CLICKS = {"kind": "per_click", "amount": 2_500, "max_per_day": 20_000}
BUDGETS = [None, None, 60_001, 300_000]


def terms(by: Random) -> dict[str, Any]:
    """Up to four rules: perhaps for large orders, for all, perhaps a bonus, perhaps clicks."""
    rules: list[dict[str, Any]] = []
    if by.choice([False, True]):
        rules.append({"name": "Besar", "when": {"min_order": 300_000}, "pay": by.choice(PAYS)})
    rules.append({"name": "Semua", "when": {}, "pay": by.choice(PAYS)})
    for rule in rules:
        rule |= _limits(by, {"max_per_order": 17_001, "max_per_partner_month": 80_000})
    if by.choice([False, True]):
        rules.append({"name": "Bonus", "when": {}, "pay": by.choice(BONUSES)})
    if by.choice([False, True]):
        rules.append({"name": "Klik", "when": {}, "pay": CLICKS})
    found = {"rules": rules, "hold_days": by.choice([0, 0, 3, 7])}
    found |= _limits(by, {"max_per_partner_month": 150_001})
    if by.choice([False, True]):
        found["recruiter"] = {"rate_bp": 1_050, "active_days": by.choice([5, 30])}
    return found


def _limits(by: Random, known: dict[str, int]) -> dict[str, int]:
    """Each limit in one of four."""
    return {name: n for name, n in known.items() if by.randrange(4) == 3}
