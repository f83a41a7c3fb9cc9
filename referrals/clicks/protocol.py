"""The short way of a hit inside uvicorn: stored with its batch, answered by it, without a task.

uvicorn starts a task for each request and passes messages to and fro; for a redirect that is more
work than the redirect. So its protocol is asked one thing more where the headers of a request are
complete: is this a plain hit on a link in memory? Then the batch answers it straight into the
connection. Whatever is not plain goes uvicorn's ordinary way, to the same redirect over ASGI
(redirect.py). docs/decisions/0011-redirect.md.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from referrals.clicks import answer, recorder
from referrals.clicks.rows import Hit
from referrals.clicks.rules import PERSON, PREVIEW
from referrals.links import lookup

_LINKS = (b"/r/", b"/q/")
# A request with a body, or one that wants more than an answer.
_NOT_PLAIN = frozenset(
    (b"content-length", b"transfer-encoding", b"expect", b"upgrade", b"connection")
)
_KEPT_ALIVE = (b"keep-alive", b"Keep-Alive")


class Ride:
    """A hit on the short way. Stands where uvicorn has its RequestResponseCycle, and has what its
    protocol asks of one.
    """

    __slots__ = ("disconnected", "hit", "keep_alive", "more_body", "protocol", "response_complete")

    def __init__(self, protocol: "Protocol", hit: Hit) -> None:
        self.protocol = protocol
        self.hit = hit
        self.response_complete = False
        self.disconnected = False
        self.keep_alive = True
        self.more_body = True

    @property
    def message_event(self) -> "Ride":
        """Nobody waits for the body."""
        return self

    def set(self) -> None:
        """As an asyncio.Event has it."""

    def answer(self, stored: bool) -> None:
        """The batch is through: say so, and let the connection go on."""
        self.response_complete = True
        if self.disconnected:
            return
        protocol = self.protocol
        protocol.transport.write(protocol.reply(self.hit, stored, self.keep_alive))
        if not self.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, with a short way for hits."""

    _dated: tuple[Any, bytes] = (None, b"")

    def on_headers_complete(self) -> None:
        """uvicorn's callback: the request line and the headers are there."""
        if self.url[:3] in _LINKS:
            hit = self.plain_hit()
            if hit is not None:
                ride: Any = Ride(self, hit)
                self.cycle = ride
                recorder.keep(hit).told.append(ride.answer)
                return
        super().on_headers_complete()

    def plain_hit(self) -> Hit | None:
        """The hit, if nothing about it needs the ordinary way: a GET for a link in memory by a
        browser that is not signed in, kept alive, nothing waiting before it.
        """
        busy = self.cycle is not None and not self.cycle.response_complete
        if busy or self.flow.write_paused or self.parser.get_method() != b"GET":
            return None
        headers = dict(self.headers)
        if not _NOT_PLAIN.isdisjoint(headers) and not self._is_only_kept_alive(headers):
            return None
        entry = lookup.cached(self.url[3:].partition(b"?")[0].decode("latin-1"))
        if entry is None or self.parser.get_http_version() != "1.1":
            return None
        to = answer.manner()
        if to.session in headers.get(b"cookie", b""):
            return None
        peer = self.client[0] if self.client else ""
        scan = self.url[1:2] == b"q"
        hit = answer.hit_of(entry, scan=scan, method="GET", headers=headers, peer=peer, to=to)
        return None if hit.kind == PREVIEW else hit

    def _is_only_kept_alive(self, headers: dict[bytes, bytes]) -> bool:
        """Browsers and proxies like to say what HTTP/1.1 does anyway."""
        return (
            headers.get(b"connection") in _KEPT_ALIVE and len(_NOT_PLAIN.intersection(headers)) == 1
        )

    def reply(self, hit: Hit, stored: bool, keep_alive: bool) -> bytes:
        """The whole answer. What it is made of is our own or checked where it came in: no value
        can hold a line's end.
        """
        to = answer.manner()
        parts = [self._head(), answer.location(hit, stored=stored)]
        if hit.kind == PERSON:
            parts += [b"\r\nset-cookie: ", to.visitor, b"=", hit.visitor.encode(), to.attributes]
        parts.append(b"\r\n\r\n" if keep_alive else b"\r\nconnection: close\r\n\r\n")
        return b"".join(parts)

    def _head(self) -> bytes:
        """What is the same for every answer of a second; uvicorn renews its headers by then."""
        given = self.server_state.default_headers
        known, head = Protocol._dated
        if known is not given:
            lines = [b"%s: %s\r\n" % pair for pair in (*given, *answer.manner().common)]
            head = b"HTTP/1.1 302 Found\r\n" + b"".join(lines) + b"location: "
            Protocol._dated = (given, head)
        return head
