"""How the people behind a partner are recognised: for self-referral, without anything of HTTP."""

from collections.abc import Collection
from dataclasses import dataclass

from jejaring.identity.models import Membership, Organisation
from jejaring.kit import text


@dataclass(frozen=True)
class Contacts:
    """E-164 phones and folded e-mails (`text.person_email`) of everybody behind a partner."""

    phones: frozenset[str]
    emails: frozenset[str]


async def contacts(partner_id: str) -> Contacts:
    """What tells that a buyer is the partner: of all its members, and its own phone."""
    return (await contacts_of([partner_id]))[partner_id]


async def contacts_of(partner_ids: Collection[str]) -> dict[str, Contacts]:
    """The same of several partners in two queries; an unknown id has none."""
    wanted = Membership.filter(organisation_id__in=partner_ids).select_related("user")
    phones: dict[str, set[str]] = {partner_id: set() for partner_id in partner_ids}
    emails: dict[str, set[str]] = {partner_id: set() for partner_id in partner_ids}
    for member in await wanted:
        if member.user.phone:
            phones[member.organisation_id].add(member.user.phone)
        folded = text.person_email(member.user.email or "")
        if folded:
            emails[member.organisation_id].add(folded)
    own = Organisation.filter(id__in=partner_ids, phone__isnull=False)
    for org_id, phone in await own.values_list("id", "phone"):
        phones[str(org_id)].add(str(phone))
    return {p: Contacts(frozenset(phones[p]), frozenset(emails[p])) for p in partner_ids}
