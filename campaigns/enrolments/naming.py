"""The partners that terms name: each must be there, and is kept by handle."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import TypeVar

from tortoise.expressions import Q

from campaigns.enrolments.models import Enrolment
from campaigns.terms.shapes import RuleIn, TermsIn
from jejaring.identity.models import Organisation
from jejaring.kit.errors import BadField, Invalid

LOOKED_AT = 1_000
Written = TypeVar("Written", bound=TermsIn)


async def by_handle(merchant_id: str, terms: Written, at: str = "/terms") -> Written:
    """The terms with each partner that a rule names (by handle, also as `@Rina`, or by id) under
    their handle, which is what sales carry.

    Invalid `unknown_partner` at each that there is not, with the nearest of the shop's own. Who has
    not joined the shop may be named: rules are written before people join.
    """
    named = {word for rule in terms.rules for word in _of(rule)}
    known = await _known(named)
    missing = [word for word in named if word not in known]
    near = await _near(merchant_id, missing) if missing else {}
    bad = [
        _unknown(f"{at}/rules/{i}/when/partner/{j}", word, near.get(word))
        for i, rule in enumerate(terms.rules)
        for j, word in enumerate(_of(rule))
        if word not in known
    ]
    if bad:
        raise Invalid(fields=bad)
    rules = [_renamed(rule, known) for rule in terms.rules]
    return terms.model_copy(update={"rules": rules})


def _of(rule: RuleIn) -> list[str]:
    return (rule.when.partner if rule.when else None) or []


def _plain(word: str) -> str:
    return word.strip().removeprefix("@").lower()


async def _known(named: Collection[str]) -> dict[str, str]:
    """The handle that each word means; one that means nobody is absent."""
    if not named:
        return {}
    words = sorted({*named, *(_plain(word) for word in named)})
    found = Organisation.filter(Q(slug__in=words) | Q(id__in=words), kind="partner")
    handles = {
        key: slug for one, slug in await found.values_list("id", "slug") for key in (one, slug)
    }
    meant = {word: handles.get(word) or handles.get(_plain(word)) for word in named}
    return {word: handle for word, handle in meant.items() if handle}


async def _near(merchant_id: str, missing: Collection[str]) -> dict[str, str]:
    """For each word the shop's partner with the most similar handle; only the newest are looked at,
    and no other shop's.
    """
    rows = Enrolment.filter(merchant_id=merchant_id).order_by("-created_at").limit(LOOKED_AT)
    own = {str(slug) for slug in await rows.values_list("partner__slug", flat=True)}
    found = {word: get_close_matches(_plain(word), sorted(own), 1) for word in missing}
    return {word: near[0] for word, near in found.items() if near}


def _unknown(pointer: str, word: str, near: str | None) -> BadField:
    if near is None:
        return BadField(pointer, "unknown_partner", {"partner": word})
    return BadField(pointer, "unknown_partner_near", {"partner": word, "near": near})


def _renamed(rule: RuleIn, known: Mapping[str, str]) -> RuleIn:
    if rule.when is None or not rule.when.partner:
        return rule
    partner = list(dict.fromkeys(known[word] for word in rule.when.partner))
    return rule.model_copy(update={"when": rule.when.model_copy(update={"partner": partner})})


async def not_joined(merchant_id: str, handles: Collection[str]) -> set[str]:
    """Those of the handles whose partner never asked to join the shop."""
    if not handles:
        return set()
    rows = Enrolment.filter(merchant_id=merchant_id, partner__slug__in=sorted(handles))
    return set(handles) - {str(slug) for slug in await rows.values_list("partner__slug", flat=True)}
