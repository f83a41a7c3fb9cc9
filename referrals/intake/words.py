"""Credit, touches and notes in the asker's language."""

from collections.abc import Mapping
from typing import Any

from jejaring.kit.periods import DEFAULT_ZONE
from jejaring.web.language import known, say
from referrals.attribution.models import Credit, Touch
from referrals.intake.shapes import NoteOut
from referrals.orders.store import Order


def credit(row: Credit, order: Order, lang: str, name: str | None = None) -> str:
    """Why this partner is credited, as a sentence; by their handle where the name is not known."""
    zone = order.shop.zone
    code = str(row.because["code"])
    how = f"{row.by}.{code}" if row.by in ("click", "scan") else code
    text = say(
        lang,
        f"because.credit.{how}",
        zone,
        partner=name or row.because["partner"],
        at=row.touch_at,
        coupon=row.because.get("coupon", ""),
    )
    if row.because.get("reason"):
        text += f" “{row.because['reason']}”"
    if row.self_referral:
        text += " " + say(lang, "because.credit.self_referral", zone)
    return text


def touch(row: Touch, lang: str, zone: str = DEFAULT_ZONE) -> str:
    """Why a touch won or lost, as a sentence."""
    name = f"touch.{row.reason}"
    if not known("id", name):
        name = "touch.won" if row.won else "touch.lost"
    return say(lang, name, zone, at=row.at)


def note(raw: Mapping[str, object], lang: str) -> NoteOut:
    """A stored note (a code and its values) with its wording."""
    code = str(raw["code"])
    values: dict[str, Any] = {name: value for name, value in raw.items() if name != "code"}
    return NoteOut(code=code, text=say(lang, f"note.{code}", **values))
