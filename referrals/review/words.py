"""What a case is about, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from jejaring.web.language import say
from referrals.review.models import ReviewCase


def evidence(case: ReviewCase, lang: str, names: Mapping[str, str]) -> str:
    """The evidence as a sentence; `names` of partners by id."""
    values: dict[str, Any] = {
        name: [names.get(str(one), str(one)) for one in value] if isinstance(value, list) else value
        for name, value in case.evidence.items()
    }
    return say(lang, f"evidence.{case.signal}", **values)


def people(case: ReviewCase) -> set[str]:
    """The ids of the partners that a case names."""
    listed = case.evidence.get("partners")
    named = {str(one) for one in listed} if isinstance(listed, list) else set()
    return named | ({case.partner_id} if case.partner_id else set())
