"""Sides, roles, scopes: who may do what; and what a sign-up must say. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from jejaring.kit import text
from jejaring.kit.errors import BadField
from jejaring.kit.money import MAX_AMOUNT
from jejaring.kit.periods import DEFAULT_ZONE, ZONES

MERCHANT_SCOPES = frozenset(
    {
        "catalog",
        "campaigns",
        "sales",
        "money.read",
        "money.decide",
        "payouts.prepare",
        "payouts.approve",
        "stats",
        "webhooks",
        "keys",
    }
)
PARTNER_SCOPES = frozenset(
    {
        "join",
        "links",
        "claims",
        "content",
        "money.read",
        "method",
        "stats",
        "webhooks",
        "keys",
    }
)
OPERATOR_SCOPES = frozenset({"stats", "keys"})
SCOPES = {"merchant": MERCHANT_SCOPES, "partner": PARTNER_SCOPES, "operator": OPERATOR_SCOPES}

KINDS = ("merchant", "partner", "operator")
ROLES = ("owner", "manager", "finance", "viewer")

# What a role may do on pages (screens.md section 2): owner everything; manager all but bank,
# members and decisions on commissions; finance sales (read), payouts, books; viewer reads. `self`
# is what everybody may do with their own session: sign out, switch organisation, change their
# password.
_ROLE_MAY = {
    "owner": frozenset(
        {"read", "self", "edit", "sell", "decide", "prepare", "approve", "members", "settings"}
    ),
    "manager": frozenset({"read", "self", "edit", "sell", "prepare"}),
    "finance": frozenset({"read", "self", "prepare", "approve"}),
    "viewer": frozenset({"read", "self"}),
}
# The scopes that a member may put on a key: never more than the role may do by hand.
_ROLE_GRANTS = {
    "owner": MERCHANT_SCOPES | PARTNER_SCOPES | OPERATOR_SCOPES,
    "manager": (MERCHANT_SCOPES | PARTNER_SCOPES)
    - {"keys", "money.decide", "payouts.approve", "method"},
    "finance": frozenset({"money.read", "payouts.prepare", "payouts.approve", "stats"}),
    "viewer": frozenset[str](),
}


@dataclass(frozen=True)
class Caller:
    """Who asks: an organisation, through a person's session (`role`) or a key (`scopes`)."""

    organisation_id: str
    kind: str
    slug: str
    name: str
    zone: str
    actor: str
    role: str | None = None
    user_id: str | None = None
    user_name: str = ""
    language: str = "id"
    scopes: frozenset[str] = field(default_factory=frozenset)

    @property
    def rate_key(self) -> str:
        """What requests are counted by: the key or the user."""
        return self.actor

    def may(self, act: str) -> bool:
        """Whether this person's role allows the act (`read`, `edit`, `sell`, `prepare`, `approve`,
        …).
        """
        return act in _ROLE_MAY.get(self.role or "", frozenset())


def grantable(kind: str, role: str | None, held: frozenset[str]) -> frozenset[str]:
    """The scopes that a key made by this caller may carry.

    A member grants what the role may do, and only an owner `keys`; a key made with a key (role
    None) never carries more than that key, and never `keys`.
    """
    offered = SCOPES.get(kind, frozenset())
    if role is None:
        return offered & (held - {"keys"})
    return offered & _ROLE_GRANTS.get(role, frozenset())


def may_reset(caller_kind: str, own_team: bool, elsewhere: bool) -> bool:
    """Whether somebody who manages members may make a password link for a person.

    An operator may for anybody. A team's owner may for a member of the team who belongs to no
    other organisation: a link opens all of a person's organisations, not just this one.
    """
    return caller_kind == "operator" or (own_team and not elsewhere)


def safe_next(wanted: str, fallback: str = "/") -> str:
    """A path of ours to go to after signing in, quoted; the fallback for anything else.

    Refused: other sites (`//x`, `/\\x`, `https:…`), control characters (browsers drop tabs and
    line ends, so `/\t/x` would be `//x`), and the sign-in pages themselves.
    """
    if not wanted.startswith("/") or wanted[1:2] in ("/", "\\") or not wanted.isprintable():
        return fallback
    if len(wanted) > 1000 or wanted.partition("?")[0].rstrip("/") in ("/signin", "/signout"):
        return fallback
    return quote(wanted, safe="/?=&%")


MIN_PASSWORD = 8
MAX_PASSWORD = 200
MAX_SLUG = 60
MIN_HANDLE = 3
_FALLBACK_SLUG = {"merchant": "toko", "partner": "mitra", "operator": "operator"}


@dataclass(frozen=True)
class Person:
    """Somebody who signs up: a name, an e-mail or a phone (or both), a password."""

    name: str
    email: str | None
    phone: str | None
    password: str = field(repr=False)
    language: str = "id"


@dataclass(frozen=True)
class NewOrganisation:
    """A shop to be opened; its slug is made from the name unless one is wished for."""

    name: str
    city: str = ""
    about: str = ""
    phone: str | None = None
    zone: str = DEFAULT_ZONE
    slug: str | None = None


@dataclass(frozen=True)
class Profile:
    """What an organisation's owner says of it. Amounts in rupiah; payout_limit None = none."""

    name: str
    city: str
    about: str
    phone: str | None
    zone: str
    payout_minimum: int
    payout_limit: int | None


def tidy_person(person: Person) -> tuple[Person, list[BadField]]:
    """The person with e-mail and phone normalised (E.164), and every bad field."""
    bad = _bad_name(person.name, "/name", "name_needed")
    email, phone = person.email or "", person.phone or ""
    read_email, read_phone = text.email(email), text.phone(phone)
    if email.strip() and read_email is None:
        bad.append(BadField("/email", "email_invalid"))
    if phone.strip() and read_phone is None:
        bad.append(BadField("/phone", "phone_invalid"))
    if not email.strip() and not phone.strip():
        bad.append(BadField("/phone", "contact_needed"))
    bad += bad_password(person.password)
    language = person.language if person.language in ("id", "en") else "id"
    tidy = replace(
        person,
        name=person.name.strip(),
        email=read_email,
        phone=read_phone,
        language=language,
    )
    return tidy, bad


def bad_password(password: str, pointer: str = "/password") -> list[BadField]:
    """Too short (8) or too long (200) a password."""
    if len(password) < MIN_PASSWORD:
        return [BadField(pointer, "password_short", {"min": MIN_PASSWORD})]
    if len(password) > MAX_PASSWORD:
        return [BadField(pointer, "password_long", {"max": MAX_PASSWORD})]
    return []


def tidy_organisation(new: NewOrganisation) -> tuple[NewOrganisation, list[BadField]]:
    """The shop with its phone normalised, and every bad field (pointers below `/shop`)."""
    bad = _bad_name(new.name, "/shop/name", "shop_name_needed")
    bad += _bad_place(new.city, new.about, new.zone, "/shop")
    phone = text.phone(new.phone or "")
    if (new.phone or "").strip() and phone is None:
        bad.append(BadField("/shop/phone", "phone_invalid"))
    tidy = replace(
        new, name=new.name.strip(), city=new.city.strip(), about=new.about.strip(), phone=phone
    )
    return tidy, bad


def tidy_profile(profile: Profile) -> tuple[Profile, list[BadField]]:
    """The profile with its phone normalised, and every bad field."""
    bad = _bad_name(profile.name, "/name", "name_needed")
    bad += _bad_place(profile.city, profile.about, profile.zone, "")
    phone = text.phone(profile.phone or "")
    if (profile.phone or "").strip() and phone is None:
        bad.append(BadField("/phone", "phone_invalid"))
    if not 0 <= profile.payout_minimum <= MAX_AMOUNT:
        bad.append(BadField("/payout_minimum", "amount_out_of_range"))
    if profile.payout_limit is not None and not 0 <= profile.payout_limit <= MAX_AMOUNT:
        bad.append(BadField("/payout_limit", "amount_out_of_range"))
    tidy = replace(
        profile,
        name=profile.name.strip(),
        city=profile.city.strip(),
        about=profile.about.strip(),
        phone=phone,
    )
    return tidy, bad


def _bad_name(name: str, pointer: str, code: str) -> list[BadField]:
    if not name.strip():
        return [BadField(pointer, code)]
    if len(name.strip()) > 120 or not name.strip().isprintable():
        return [BadField(pointer, "name_unfit", {"max": 120})]
    return []


def _bad_place(city: str, about: str, zone: str, under: str) -> list[BadField]:
    bad = []
    if len(city.strip()) > 80:
        bad.append(BadField(f"{under}/city", "text_long", {"max": 80}))
    if len(about.strip()) > 500:
        bad.append(BadField(f"{under}/about", "text_long", {"max": 500}))
    if zone not in ZONES:
        bad.append(BadField(f"{under}/zone", "zone_unknown"))
    return bad


def base_slug(name: str, kind: str) -> str:
    """The slug that a name would have were it free; a name without Latin letters gets its kind's
    word (`toko`, `mitra`).
    """
    made = text.slug(name, MAX_SLUG)
    return made if len(made) >= MIN_HANDLE else f"{_FALLBACK_SLUG[kind]}-{made}".strip("-")


def free_slug(base: str, taken: Iterable[str]) -> str:
    """`base`, else `base-2`, `base-3` …: the first that is not taken, at most 60 characters."""
    gone = set(taken)
    number, slug = 1, base
    while slug in gone:
        number += 1
        tail = f"-{number}"
        slug = base[: MAX_SLUG - len(tail)].rstrip("-") + tail
    return slug


def invitation_fault(
    kind: str, wanted: str, expired: bool, used_by: str | None, by: str | None
) -> str | None:
    """Why a code does not admit somebody (a code of `problem.*`), or None.

    Whoever used an invitation may show it again (joining a campaign after signing up with it).
    """
    if kind != wanted:
        return "invitation_other_kind"
    if used_by is not None and used_by != by:
        return "invitation_used"
    if expired and used_by is None:
        return "invitation_expired"
    return None
