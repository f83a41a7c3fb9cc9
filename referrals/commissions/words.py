"""Why an amount is what it is, in the asker's language."""

from collections.abc import Mapping
from typing import Any

from jejaring.kit.money import FULL_BP
from jejaring.web.language import say
from referrals.commissions.models import Commission
from referrals.commissions.rules import KEPT_BACK, RECREDITED, shown_state
from referrals.commissions.shapes import Because, CommissionOut

_SAID = (
    "estimate", "month", "sales", "expected", "earned", "day", "clicks", "each", "pieces", "url",
)  # fmt: skip
_WORDED = ("percent", "per_order", "per_item", "tiers", "recurring")


def shown(row: Commission, lang: str, standings: Mapping[str, str]) -> CommissionOut:
    """A commission as the outside sees it; `standings` of payable ones, by id."""
    return CommissionOut.model_validate(values(row, lang, standings))


def values(row: Commission, lang: str, standings: Mapping[str, str]) -> dict[str, object]:
    """The same as plain values."""
    line = row.because.get("line")
    return {
        "id": row.id,
        "line": line,
        "enrolment_id": row.enrolment_id,
        "kind": row.kind,
        "amount": row.amount,
        "reversed": row.reversed,
        "state": shown_state(row.state, row.amount, row.reversed, standings.get(row.id)),
        "release_at": row.release_at,
        "because": [_because(row, lang)],
        "reason_code": row.reason_code,
        "reason": _reason(row, lang),
        "created_at": row.created_at,
        "released_at": row.released_at,
    }


def _reason(row: Commission, lang: str) -> str | None:
    """Why it is held or rejected; what a person gave as the reason comes after."""
    if row.reason_code is None:
        return None
    why = row.because.get("why") if row.reason_code == RECREDITED else None
    return say(lang, f"reason.{row.reason_code}") + (f" “{why}”" if why else "")


def _how(row: Commission, notes: list[str]) -> str:
    """Which sentence fits: a further commission, one that a limit cut, or the plain arithmetic."""
    if row.key.startswith("amend:"):
        return "amended"
    if row.key.startswith("trueup:"):
        return "bonus" if row.kind == "bonus" else "true_up"
    if row.kind in ("per_click", "per_post", "recruiter", "margin"):
        return row.kind
    if "estimate" in row.because:
        return "tiers.estimate"
    kind = row.kind if row.kind in _WORDED else "other"
    if kind in ("per_item", "per_order") and "each" in row.because and row.share_bp == FULL_BP:
        kind = f"{kind}.each" if kind == "per_item" or row.because["each"] != row.amount else kind
    return f"{kind}.cut" if notes else kind


def _parts(row: Commission, lang: str) -> str:
    """The parts of a line that fell into several steps: `5% of Rp100 + 7% of Rp50`."""
    raw = row.because.get("parts")
    parts = [p for p in raw if isinstance(p, list)] if isinstance(raw, list) else []
    return " + ".join(say(lang, "because.part", base=base, rate=rate) for base, rate in parts)


def _because(row: Commission, lang: str) -> Because:
    raw = row.because.get("notes")
    notes = [str(note) for note in raw] if isinstance(raw, list) else []
    notes = [note for note in notes if note != "at_months_end"]
    kept: dict[str, Any] = {name: row.because.get(name) for name in _SAID}
    text = say(
        lang,
        f"because.{_how(row, notes)}",
        rule=row.rule,
        base=row.base,
        rate=row.rate_bp or 0,
        amount=row.amount,
        parts=_parts(row, lang),
        **kept,
    )
    said = [f"because.note.{note}" for note in notes]
    if row.because.get(KEPT_BACK):
        said.append(f"because.kept_back.{row.because[KEPT_BACK]}")
    text += "".join(f" {say(lang, one)}" for one in said)
    return Because(
        rule=row.rule,
        base=row.base,
        rate_bp=row.rate_bp,
        amount=row.amount,
        notes=notes,
        text=text,
    )
