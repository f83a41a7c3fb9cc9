"""Signing up: open a shop, become a partner, join a team; and the first operator (CLI only)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q

from jejaring import world
from jejaring.db.transact import transact
from jejaring.identity import hashing
from jejaring.identity.models import Membership, Organisation, User
from jejaring.identity.rules import (
    MIN_HANDLE,
    NewOrganisation,
    Person,
    base_slug,
    free_slug,
    tidy_organisation,
    tidy_person,
)
from jejaring.kit import text
from jejaring.kit.errors import BadField, Conflict, Invalid
from jejaring.members import invitations, links
from jejaring.settings import settings
from jejaring.trail import consent
from jejaring.trail.write import note
from jejaring.web import address as addresses
from jejaring.web import limits

__all__ = [
    "NewOrganisation",
    "Person",
    "admit",
    "become_partner",
    "join_team",
    "open_shop",
    "operator",
]

PER_ADDRESS = 10
Pair = tuple[User, Organisation]


async def admit(address: str) -> None:
    """Count one sign-up from a client address: 10 a minute, else TooMany. Pages call it first."""
    await limits.spend(addresses.prefix(address), PER_ADDRESS, scope="signup")


async def open_shop(person: Person, shop: NewOrganisation, invitation: str | None = None) -> Pair:
    """A new merchant and its owner.

    With an operator's invitation the shop is vouched for. Without one it opens only where
    JEJARING_SIGNUP=open, and may not launch before its site is verified or an operator vouches.
    Raises Invalid with every bad field (`/name /email /phone /password /shop/… /invitation`).
    """
    person, bad = tidy_person(person)
    shop, bad_shop = tidy_organisation(shop)
    bad += bad_shop + await _bad_invitation("shop", invitation, needed=settings().signup != "open")
    slug, bad_slug = await _slug(shop.name, shop.slug, "merchant", "/shop/slug")
    _refuse(bad + bad_slug + await _taken(person))
    hashed = await hashing.hash_password(person.password)
    shop = replace(shop, slug=slug)
    return await _settled(person, lambda: _store_shop(person, shop, hashed, invitation))


async def _store_shop(
    person: Person, shop: NewOrganisation, hashed: str, invitation: str | None
) -> Pair:
    org_id, now = world.new_id("org"), world.now()
    vouched_by = None
    if invitation:
        vouched_by = (await invitations.redeem(invitation, "shop", org_id)).created_by
    organisation = await Organisation.create(
        id=org_id,
        kind="merchant",
        slug=shop.slug or "",
        name=shop.name,
        city=shop.city,
        about=shop.about,
        phone=shop.phone or person.phone,
        zone=shop.zone,
        created_at=now,
        vouched_at=now if vouched_by else None,
        vouched_by=vouched_by,
    )
    return await _store_owner(person, hashed, organisation, "shop.opened")


async def become_partner(
    person: Person,
    handle: str | None = None,
    invitation: str | None = None,
    *,
    from_join_page: bool = False,
) -> Pair:
    """A new partner and the person behind it.

    Needs a merchant's or operator's invitation, or the join page of a live campaign (the caller
    vouches for that), or JEJARING_SIGNUP=open. Without a handle one is made from the name.
    Raises Invalid with every bad field (`/name /email /phone /password /handle /invitation`).
    """
    person, bad = tidy_person(person)
    free = from_join_page or settings().signup == "open"
    bad += await _bad_invitation("partner", invitation, needed=not free)
    slug, bad_slug = await _slug(person.name, handle, "partner", "/handle")
    _refuse(bad + bad_slug + await _taken(person))
    hashed = await hashing.hash_password(person.password)
    return await _settled(person, lambda: _store_partner(person, slug, hashed, invitation))


async def _store_partner(person: Person, slug: str, hashed: str, invitation: str | None) -> Pair:
    org_id = world.new_id("org")
    if invitation:
        await invitations.redeem(invitation, "partner", org_id)
    organisation = await Organisation.create(
        id=org_id,
        kind="partner",
        slug=slug,
        name=person.name,
        phone=person.phone,
        created_at=world.now(),
    )
    return await _store_owner(person, hashed, organisation, "partner.joined")


async def join_team(person: Person, invitation: str) -> Pair:
    """A new person in an existing team, by its owner's invitation. Raises as open_shop."""
    person, bad = tidy_person(person)
    bad += await _bad_invitation("member", invitation, needed=True)
    _refuse(bad + await _taken(person))
    hashed = await hashing.hash_password(person.password)

    async def store() -> Pair:
        user = await _store_user(person, hashed)
        used = await invitations.redeem(invitation, "member", user.id)
        organisation = await Organisation.get(id=used.organisation_id)
        await _store_membership(user, organisation, used.role, "member.joined")
        return user, organisation

    return await _settled(person, store)


async def _store_owner(person: Person, hashed: str, organisation: Organisation, act: str) -> Pair:
    user = await _store_user(person, hashed)
    await _store_membership(user, organisation, "owner", act)
    return user, organisation


async def _store_user(person: Person, hashed: str | None) -> User:
    user = await User.create(
        id=world.new_id("usr"),
        email=person.email,
        phone=person.phone,
        name=person.name,
        password_hash=hashed,
        language=person.language,
        created_at=world.now(),
    )
    if hashed is not None:
        await consent.give(user.id)
    return user


async def _store_membership(user: User, organisation: Organisation, role: str, act: str) -> None:
    await Membership.create(
        id=world.new_id("mem"),
        user=user,
        organisation=organisation,
        role=role,
        created_at=world.now(),
    )
    await note(act, organisation.id, actor=user.id, organisation_id=organisation.id, role=role)


async def _bad_invitation(kind: str, code: str | None, *, needed: bool) -> list[BadField]:
    if not code:
        return [BadField("/invitation", "invitation_needed")] if needed else []
    try:
        await invitations.look(code, kind)
    except Invalid as exc:
        return list(exc.fields)
    return []


async def _slug(
    name: str, wished: str | None, kind: str, pointer: str
) -> tuple[str, list[BadField]]:
    """The slug to take: the wished one if it is free (else the bad field, with a suggestion), or
    the first free one made from the name.
    """
    base = text.slug(wished) if wished else base_slug(name, kind)
    if len(base) < MIN_HANDLE:
        return base, [BadField(pointer, "handle_short", {"min": MIN_HANDLE})]
    alike = Organisation.filter(Q(slug=base) | Q(slug__startswith=f"{base[:54]}"))
    taken = {str(s) for s in await alike.values_list("slug", flat=True)}
    free = free_slug(base, taken)
    if wished and free != base:
        return base, [BadField(pointer, "handle_taken", {"handle": base, "suggestion": free})]
    return free, []


async def _taken(person: Person) -> list[BadField]:
    """E-mail or phone of somebody who is here already."""
    bad = []
    if person.email and await User.filter(email=person.email).exists():
        bad.append(BadField("/email", "email_taken"))
    if person.phone and await User.filter(phone=person.phone).exists():
        bad.append(BadField("/phone", "phone_taken"))
    return bad


def _refuse(bad: list[BadField]) -> None:
    if bad:
        raise Invalid(fields=bad)


async def _settled(person: Person, store: Callable[[], Awaitable[Pair]]) -> Pair:
    """Store in one transaction; where somebody was quicker, say at which field."""
    try:
        return await transact(store)
    except IntegrityError as exc:
        _refuse(await _taken(person))
        raise Conflict("handle_raced") from exc


async def operator(email: str) -> str:
    """The token of a one-time link that makes this e-mail an operator (CLI only, 24 h).

    Makes the user and the installation's operator organisation where they are missing; again for
    the same e-mail gives a new link and ends the older ones. Invalid at `/email`.
    """
    address = text.email(email)
    if address is None:
        raise Invalid.at("/email", "email_invalid")

    async def store() -> str:
        organisation = await Organisation.filter(kind="operator").order_by("created_at").first()
        if organisation is None:
            slug, _ = await _slug("operator", None, "operator", "/slug")
            organisation = await Organisation.create(
                id=world.new_id("org"),
                kind="operator",
                slug=slug,
                name="Operator",
                created_at=world.now(),
            )
        user = await User.get_or_none(email=address)
        if user is None:
            user = await _store_user(Person(address, address, None, ""), None)
        member = await Membership.get_or_none(user_id=user.id, organisation_id=organisation.id)
        if member is None:
            await _store_membership(user, organisation, "owner", "operator.made")
        elif member.role != "owner":
            await Membership.filter(id=member.id).update(role="owner")
        return await links.issue(user.id, "cli", lasts=links.OPERATOR_LASTS)

    return await transact(store)
