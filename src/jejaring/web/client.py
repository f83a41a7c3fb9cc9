"""The one way out: every call to an address that a user gave goes through `fetch`.

https only (http only where we are served over http ourselves: development), public addresses only,
each resolved address checked and the connection made to a checked one, no redirects, 10 s, 5 MB.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from jejaring.settings import settings

SECONDS = 10
MAX_BYTES = 5_000_000
# Not for the public internet, whatever the standard library of the day says: protocol
# assignments, old 6to4 relays, IPv4 inside IPv6 in its outdated and local forms, site-local,
# segment routing.
_SPECIAL = tuple(
    ipaddress.ip_network(one)
    for one in (
        "192.0.0.0/24", "192.88.99.0/24", "::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48",
        "fec0::/10", "5f00::/16",
    )
)  # fmt: skip
_PORTS: tuple[int | None, ...] = (None, 80, 443)
Outcome = Literal[
    "ok", "refused_address", "unresolved", "timeout", "unreachable", "bad_tls", "too_large"
]


@dataclass(frozen=True)
class Fetched:
    """What came of a call: `ok` with a status and a body, whatever the status; else why not."""

    outcome: Outcome
    status: int = 0
    body: bytes = b""
    content_type: str = ""

    @property
    def good(self) -> bool:
        """An answer with a status of 200 to 299."""
        return self.outcome == "ok" and 200 <= self.status < 300


def is_public(address: str) -> bool:
    """Whether an IP address is out on the public internet: not private, loopback, link-local,
    multicast, reserved, carrier-grade, or an IPv6 form that wraps an IPv4 which is not.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if ip in ipaddress.ip_network("64:ff9b::/96"):
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast and not any(ip in net for net in _SPECIAL)


def _allowed(url: str) -> bool:
    """The scheme, host and port that may be called at all."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    schemes = ("https",) if settings().secure else ("https", "http")
    return bool(
        parts.scheme in schemes and parts.hostname and parts.username is None and port in _PORTS
    )


def _resolver(check: Callable[[str], bool]) -> Any:
    """aiohttp's resolver, which hands out only addresses that pass; all must pass."""
    from aiohttp.abc import AbstractResolver, ResolveResult  # noqa: PLC0415 — 0.4 s, needed rarely

    class Checked(AbstractResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            if not found or not all(check(str(info[4][0])) for info in found):
                raise PermissionError(host)
            return [
                ResolveResult(
                    hostname=host,
                    host=str(info[4][0]),
                    port=port,
                    family=info[0],
                    proto=info[2],
                    flags=socket.AI_NUMERICHOST,
                )
                for info in found
            ]

        async def close(self) -> None:
            return None

    return Checked()


def _sockets(check: Callable[[str], bool]) -> Any:
    """Sockets to addresses that pass. Hosts that are addresses never meet the resolver, and aiohttp
    reads more as one than we do (`①②⑦.0.0.1`): what is connected to is checked, not its name.
    """

    def make(info: tuple[Any, ...]) -> socket.socket:
        family, kind, proto, _, address = info
        if not check(str(address[0])):
            raise PermissionError(address[0])
        return socket.socket(family=family, type=kind, proto=proto)

    return make


async def fetch(
    url: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Sequence[tuple[str, str]] = (),
    check: Callable[[str], bool] = is_public,
) -> Fetched:
    """Call `url` once and say what came of it, as a value; it raises nothing that the other side
    can cause. `check` decides which addresses may be connected to; only tests give another.
    """
    if not _allowed(url):
        return Fetched("refused_address")
    return await _called(url, _Request(method, body, headers), check)


@dataclass(frozen=True)
class _Request:
    method: str
    body: bytes | None
    headers: Sequence[tuple[str, str]]


async def _called(url: str, request: _Request, check: Callable[[str], bool]) -> Fetched:
    import aiohttp  # noqa: PLC0415 — 0.4 s to import, needed rarely

    try:
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=_resolver(check), use_dns_cache=False, socket_factory=_sockets(check)
                ),
                timeout=aiohttp.ClientTimeout(total=SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
            ) as session,
            session.request(
                request.method,
                url,
                data=request.body,
                headers=list(request.headers),
                allow_redirects=False,
            ) as reply,
        ):
            content = await _bounded(reply)
            if content is None:
                return Fetched("too_large", reply.status)
            return Fetched("ok", reply.status, content, reply.content_type)
    except aiohttp.ClientConnectorDNSError as exc:
        refused = isinstance(exc.__cause__, PermissionError) or isinstance(
            exc.os_error, PermissionError
        )
        return Fetched("refused_address" if refused else "unresolved")
    except aiohttp.ClientSSLError:
        return Fetched("bad_tls")
    except aiohttp.ClientConnectorError as exc:
        refused = isinstance(exc.os_error, PermissionError)
        return Fetched("refused_address" if refused else "unreachable")
    except TimeoutError:
        return Fetched("timeout")
    except (aiohttp.ClientError, OSError, ValueError):
        return Fetched("unreachable")


async def _bounded(reply: Any) -> bytes | None:
    """The body, or None past 5 MB (counted after decompression)."""
    parts: list[bytes] = []
    size = 0
    async for chunk in reply.content.iter_chunked(65_536):
        size += len(chunk)
        if size > MAX_BYTES:
            return None
        parts.append(chunk)
    return b"".join(parts)


@dataclass(frozen=True)
class Records:
    """A host's TXT records, or why there are none (`none`, `timeout`, `unresolved`)."""

    outcome: Literal["ok", "none", "timeout", "unresolved"]
    texts: tuple[str, ...] = ()


async def txt(host: str) -> Records:
    """The TXT records of a host, each joined from its parts."""
    from dns import asyncresolver, exception, resolver  # noqa: PLC0415 — slow, needed rarely

    try:
        answer = await asyncresolver.resolve(host, "TXT", lifetime=SECONDS / 2)
    except resolver.NoAnswer:
        return Records("none")
    except exception.Timeout:
        return Records("timeout")
    except exception.DNSException:
        return Records("unresolved")
    texts = (b"".join(row.strings).decode("utf-8", "replace") for row in answer)
    return Records("ok", tuple(texts))
