"""The fixed cast of every test.

*Laras* owns the shop Batik Laras. *Bukit*, the rival shop, must see nothing of hers. *Rina* is a
reseller, *Dimas* an influencer, both partners; *Sari* the operator. Each has a key with all scopes.
"""

from dataclasses import dataclass

import httpx2

from jejaring.identity import sessions
from jejaring.identity.models import Organisation, Session, User
from jejaring.web import csrf
from tests import make


@dataclass(frozen=True)
class Member:
    """One organisation of the cast, its owner and its key."""

    org: Organisation
    user: User
    key: str

    @property
    def id(self) -> str:
        return self.org.id

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


@dataclass(frozen=True)
class Cast:
    """Everybody on the stage."""

    laras: Member
    bukit: Member
    rina: Member
    dimas: Member
    sari: Member


async def _member(kind: str, slug: str, name: str, person: str) -> Member:
    org = await make.organisation(kind, slug=slug, name=name)
    user = await make.user(name=person, email=f"{slug}@example.com")
    await make.membership(user, org, "owner")
    return Member(org, user, await make.key(org))


async def set_the_stage() -> Cast:
    """The cast, stored."""
    return Cast(
        laras=await _member("merchant", "batik-laras", "Batik Laras", "Laras Setyowati"),
        bukit=await _member("merchant", "kopi-bukit", "Kopi Bukit Gayo", "Bukit Alam"),
        rina=await _member("partner", "rina", "Rina Wulandari", "Rina Wulandari"),
        dimas=await _member("partner", "dimas", "Dimas Prasetyo", "Dimas Prasetyo"),
        sari=await _member("operator", "koperasi", "Koperasi Sari", "Sari Handayani"),
    )


async def call(
    http: httpx2.AsyncClient, who: Member, method: str, path: str, json: object = None
) -> httpx2.Response:
    """A request with the member's key."""
    if json is None:
        return await http.request(method, path, headers=who.headers)
    return await http.request(method, path, headers=who.headers, json=json)


async def sign_in(http: httpx2.AsyncClient, who: Member) -> str:
    """The client becomes this member's browser; the token that its forms must carry."""
    token = await sessions.open(who.user.id, who.id)
    http.cookies.set(sessions.cookie_name(), token)
    return csrf.masked((await Session.get(token_hash=sessions.hash_of(token))).form_token)
