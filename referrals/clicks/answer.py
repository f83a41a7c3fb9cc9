"""What a request for a link means and what it is answered, for both doors: the ASGI one and the
short way inside uvicorn's protocol.
"""

from functools import lru_cache
from typing import NamedTuple

from jejaring import world
from jejaring.identity import sessions
from jejaring.settings import Settings, settings
from jejaring.web import address
from referrals.clicks import agents
from referrals.clicks.rows import Hit
from referrals.clicks.rules import kind_of_hit
from referrals.links.lookup import Entry

VISITOR_DAYS = 400
VISITOR_LENGTH = 22
# What browsers say when they fetch ahead of their user.
_AHEAD = frozenset((b"sec-purpose", b"purpose", b"x-moz"))


class Manner(NamedTuple):
    """How this installation speaks to browsers: names of cookies, what the visitor's says beside
    its value, the headers of every answer, whose word on addresses counts.
    """

    visitor: bytes
    session: bytes
    attributes: bytes
    common: tuple[tuple[bytes, bytes], ...]
    trusted: address.Networks


@lru_cache(maxsize=1)
def manner() -> Manner:
    """As the settings of this process say."""
    return manner_of(settings())


def manner_of(chosen: Settings) -> Manner:
    """As these settings say. No Referrer-Policy: the shop may know which app its buyer came from,
    and a redirect never shows the link itself as the referrer.
    """
    attributes = f"; Max-Age={VISITOR_DAYS * 86_400}; Path=/; HttpOnly; SameSite=Lax"
    common = [(b"cache-control", b"no-store"), (b"content-length", b"0")]
    if chosen.secure:
        common.append((b"strict-transport-security", b"max-age=31536000"))
    return Manner(
        visitor=b"__Host-jj_v" if chosen.secure else b"jj_v",
        session=sessions.cookie_name().encode(),
        attributes=(attributes + ("; Secure" if chosen.secure else "")).encode(),
        common=tuple(common),
        trusted=address.networks(chosen.trusted_proxies),
    )


def hit_of(
    entry: Entry, *, scan: bool, method: str, headers: dict[bytes, bytes], peer: str, to: Manner
) -> Hit:
    """The request as it will be stored; whether the browser is the partner's own is not known yet.

    `headers` by lower-case name; `peer` is the address of whoever is connected.
    """
    raw_agent = headers.get(b"user-agent", b"")[: agents.LONGEST]
    kind = agents.at_once(raw_agent).kind
    if method == "HEAD" or not _AHEAD.isdisjoint(headers):
        kind = kind_of_hit(method, _purpose(headers), kind)
    now = world.now()
    # A new visitor's name begins with the time of the first visit, as the click's id does.
    click_id, newcomer = world.click_ids(now)
    cookies = headers.get(b"cookie")
    known = _visitor(cookies, to.visitor) if cookies else None
    return Hit(
        click_id, now, entry, scan, kind, False, known or newcomer, known is not None,
        address_of(peer, headers, to) if to.trusted else peer, raw_agent,
        headers.get(b"referer", b"")[:300],
    )  # fmt: skip


def location(hit: Hit, *, stored: bool) -> bytes:
    """Where the buyer goes: with the click's id only if the click is stored."""
    entry = hit.entry
    if not entry.counts_from <= hit.at.timestamp() < entry.counts_to:
        return entry.ended
    return entry.before + hit.id.encode() + entry.after if stored else entry.plain


def address_of(peer: str, headers: dict[bytes, bytes], to: Manner) -> str:
    """The client's address: the peer's, or what trusted proxies say."""
    forwarded = headers.get(b"x-forwarded-for")
    if forwarded is None:
        return peer
    return address.resolve(peer, [forwarded.decode("latin-1")], to.trusted)


def cookie_of(cookies: bytes, name: bytes) -> bytes:
    """The value of a cookie; b'' where there is none."""
    for pair in cookies.split(b";"):
        found, _, value = pair.strip().partition(b"=")
        if found == name:
            return value
    return b""


def _visitor(cookies: bytes, name: bytes) -> str | None:
    """The visitor's cookie, if there is one that we could have made."""
    value = cookie_of(cookies, name)
    return value.decode() if len(value) == VISITOR_LENGTH and value.isalnum() else None


def _purpose(headers: dict[bytes, bytes]) -> str:
    return b" ".join(headers.get(name, b"") for name in _AHEAD).decode("latin-1")
