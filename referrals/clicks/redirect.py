"""`/r/CODE` and `/q/CODE`, answered ahead of the router: look up, tell who it is, store, send on.

Plain ASGI, which every server speaks. Most hits do not come this far: protocol.py answers them
inside uvicorn. docs/decisions/0011-redirect.md has the measurements.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from referrals.clicks import answer, card, queries, recorder
from referrals.clicks.answer import Manner
from referrals.clicks.rules import PERSON, PREVIEW
from referrals.links import lookup
from referrals.links.lookup import Entry


class Redirect:
    """Wraps the whole application; what is no link of ours goes on to it."""

    def __init__(self, app: ASGIApp, manner: Manner) -> None:
        self.app = app
        self.manner = manner

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
        client = scope.get("client")
        hit = answer.hit_of(
            entry, scan=scope["path"][1] == "q", method=scope["method"], headers=headers,
            peer=client[0] if client else "", to=self.manner,
        )  # fmt: skip
        cookies = headers.get(b"cookie", b"")
        if self.manner.session in cookies and await self.is_own(cookies, entry.owner.partner_id):
            hit = hit._replace(own=True)
        stored = await recorder.keep(hit)
        if hit.kind == PREVIEW:
            await card.show(send, code, head=scope["method"] == "HEAD")
            return
        reply = [(b"location", answer.location(hit, stored=stored)), *self.manner.common]
        if hit.kind == PERSON:
            cookie = self.manner.visitor + b"=" + hit.visitor.encode() + self.manner.attributes
            reply.append((b"set-cookie", cookie))
        await send({"type": "http.response.start", "status": 302, "headers": reply})
        await send({"type": "http.response.body", "body": b""})

    async def is_own(self, cookies: bytes, partner_id: str) -> bool:
        """Whether one of the partner's people is signed in on this browser."""
        token = answer.cookie_of(cookies, self.manner.session)
        return bool(token) and await queries.is_own(token.decode("latin-1"), partner_id)
