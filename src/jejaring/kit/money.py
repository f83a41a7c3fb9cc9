"""Whole rupiah and basis points: the only arithmetic that money goes through."""

from collections.abc import Sequence

FULL_BP = 10_000
MAX_AMOUNT = 10**12


def half_up(numerator: int, denominator: int) -> int:
    """numerator / denominator rounded half up to a whole number (0.5 → 1), both ≥ 0.

    The house's one rounding rule. Raises ValueError for a negative numerator or a denominator < 1.
    """
    if numerator < 0 or denominator < 1:
        raise ValueError(f"half_up needs n >= 0 and d >= 1, got {numerator}/{denominator}")
    return (2 * numerator + denominator) // (2 * denominator)


def percent_of(amount: int, rate_bp: int) -> int:
    """amount (rupiah) × rate_bp / 10 000, half up to the rupiah."""
    return half_up(amount * rate_bp, FULL_BP)


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """amount in parts proportional to weights, by largest remainder; the parts re-add to amount.

    A tie goes to the earlier part. All-zero weights share equally. With no weights the amount must
    be 0. amount and weights are ≥ 0, else ValueError.
    """
    if amount < 0 or any(w < 0 for w in weights):
        raise ValueError("split needs amount >= 0 and weights >= 0")
    if not weights:
        if amount:
            raise ValueError("nothing to split over")
        return []
    total = sum(weights)
    if total == 0:
        weights, total = [1] * len(weights), len(weights)
    parts = [amount * w // total for w in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % total), i))
    for i in order[: amount - sum(parts)]:
        parts[i] += 1
    return parts


def rupiah(amount: int, thousands: str = ".") -> str:
    """1250000 → `Rp1.250.000`; a negative has U+2212 before Rp: `−Rp18.000` (house style)."""
    digits = f"{abs(amount):,}".replace(",", thousands)
    return f"{'−' if amount < 0 else ''}Rp{digits}"


def percent(rate_bp: int, decimal: str = ",") -> str:
    """1250 → `12,5%`, 1000 → `10%`: at most two decimals, no trailing zero."""
    whole, rest = divmod(rate_bp, 100)
    tail = f"{rest:02d}".rstrip("0")
    return f"{whole}{decimal + tail if tail else ''}%"
