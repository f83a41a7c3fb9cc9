"""`/r/CODE` and `/q/CODE`, answered ahead of the router: look up, tell who it is, store, send on.

This is the product's busiest path, so it speaks plain ASGI and keeps to what a request needs;
docs/decisions/0011-redirect.md has the measurements.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from jejaring import world
from jejaring.identity import sessions
from jejaring.settings import settings
from jejaring.web import address
from referrals.clicks import agents, card, queries, recorder
from referrals.clicks.rows import Hit
from referrals.clicks.rules import PERSON, PREVIEW, kind_of_hit
from referrals.links import lookup
from referrals.links.lookup import Entry

VISITOR_DAYS = 400
VISITOR_LENGTH = 22
_COMMON = [
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-length", b"0"),
]
HSTS = (b"strict-transport-security", b"max-age=31536000")
# What browsers say when they fetch ahead of their user.
_AHEAD = frozenset((b"sec-purpose", b"purpose", b"x-moz"))


class Redirect:
    """Wraps the whole application; what is no link of ours goes on to it."""

    def __init__(self, app: ASGIApp) -> None:
        chosen = settings()
        self.app = app
        self.cookie = b"__Host-jj_v" if chosen.secure else b"jj_v"
        self.session = sessions.cookie_name().encode()
        attributes = f"; Max-Age={VISITOR_DAYS * 86_400}; Path=/; HttpOnly; SameSite=Lax"
        self.attributes = (attributes + ("; Secure" if chosen.secure else "")).encode()
        self.common = [*_COMMON, *([HSTS] if chosen.secure else [])]
        self.trusted = address.networks(chosen.trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            if path[:3] in ("/r/", "/q/") and scope["method"] in ("GET", "HEAD"):
                code = path[3:]
                entry = lookup.cached(code) or await lookup.find(code)
                if entry is not None:
                    await self.answer(scope, send, code, entry)
                    return
        await self.app(scope, receive, send)

    async def answer(self, scope: Scope, send: Send, code: str, entry: Entry) -> None:
        """Store the hit, then reply to it."""
        headers = dict(scope["headers"])
        raw_agent = headers.get(b"user-agent", b"")[: agents.LONGEST]
        kind = agents.at_once(raw_agent).kind
        if scope["method"] == "HEAD" or not _AHEAD.isdisjoint(headers):
            kind = kind_of_hit(scope["method"], _purpose(headers), kind)
        now = world.now()
        # A new visitor's name begins with the time of the first visit, as the click's id does.
        click_id, newcomer = world.click_ids(now)
        cookies = headers.get(b"cookie")
        visitor, is_own = None, False
        if cookies:
            visitor = _visitor(cookies, self.cookie)
            is_own = self.session in cookies and await self.is_own(cookies, entry.owner.partner_id)
        returning = visitor is not None
        visitor = visitor or newcomer
        hit = Hit(
            click_id, now, entry, scope["path"][1] == "q", kind, is_own, visitor, returning,
            self.address(scope, headers), raw_agent, headers.get(b"referer", b"")[:300],
        )  # fmt: skip
        stored = await recorder.keep(hit)
        if kind == PREVIEW:
            await card.show(send, code, head=scope["method"] == "HEAD")
            return
        if not entry.counts_from <= now.timestamp() < entry.counts_to:
            location = entry.ended
        elif stored:
            location = entry.before + click_id.encode() + entry.after
        else:
            location = entry.plain
        reply = [(b"location", location), *self.common]
        if kind == PERSON:
            cookie = self.cookie + b"=" + visitor.encode() + self.attributes
            reply.append((b"set-cookie", cookie))
        await send({"type": "http.response.start", "status": 302, "headers": reply})
        await send({"type": "http.response.body", "body": b""})

    async def is_own(self, cookies: bytes, partner_id: str) -> bool:
        """Whether one of the partner's people is signed in on this browser."""
        token = _cookie(cookies, self.session)
        return bool(token) and await queries.is_own(token.decode("latin-1"), partner_id)

    def address(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        """The client's address: the peer's, or what trusted proxies say."""
        client = scope.get("client")
        peer = client[0] if client else ""
        forwarded = headers.get(b"x-forwarded-for") if self.trusted else None
        if forwarded is None:
            return peer
        return address.resolve(peer, [forwarded.decode("latin-1")], self.trusted)


def _cookie(cookies: bytes, name: bytes) -> bytes:
    """The value of a cookie; b'' where there is none."""
    for pair in cookies.split(b";"):
        found, _, value = pair.strip().partition(b"=")
        if found == name:
            return value
    return b""


def _visitor(cookies: bytes, name: bytes) -> str | None:
    """The visitor's cookie, if there is one that we could have made."""
    value = _cookie(cookies, name)
    return value.decode() if len(value) == VISITOR_LENGTH and value.isalnum() else None


def _purpose(headers: dict[bytes, bytes]) -> str:
    return b" ".join(headers.get(name, b"") for name in _AHEAD).decode("latin-1")
