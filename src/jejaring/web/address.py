"""The client's address: from X-Forwarded-For only as far as the trusted proxies say."""

from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from starlette.requests import Request

from jejaring.settings import settings

UNKNOWN = "unknown"
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Networks = tuple[Network, ...]


@lru_cache(maxsize=8)
def networks(listed: str) -> Networks:
    """`10.0.0.0/8, 2001:db8::1` → networks. Raises ValueError for what is neither."""
    parts = (part.strip() for part in listed.split(","))
    return tuple(ip_network(part, strict=False) for part in parts if part)


def _read(text: str) -> Address | None:
    """An address with or without port or brackets; an IPv4 one inside IPv6 is the IPv4 one."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _is_trusted(address: Address, trusted: tuple[Network, ...]) -> bool:
    return any(address in network for network in trusted)


def resolve(peer: str, forwarded: list[str], trusted: tuple[Network, ...]) -> str:
    """Who really asks. `forwarded` holds the X-Forwarded-For headers in the order they came.

    Each proxy appends whom it saw, so the list is walked from its end for as long as the speaker
    is a trusted proxy; what stands before the first untrusted address may be made up. An
    unreadable entry ends the walk. Without a readable peer the answer is `unknown`.
    """
    address = _read(peer)
    if address is None:
        return UNKNOWN
    entries = [part for header in forwarded for part in header.split(",")]
    for entry in reversed(entries):
        if not _is_trusted(address, trusted):
            break
        before = _read(entry)
        if before is None:
            break
        address = before
    return str(address)


def client(request: Request) -> str:
    """The asker's address in its canonical text (never stored: for limits and daily hashes)."""
    peer = request.client.host if request.client else ""
    trusted = networks(settings().trusted_proxies)
    return resolve(peer, request.headers.getlist("x-forwarded-for"), trusted)


def prefix(address: str) -> str:
    """What limits count by: an IPv4 address itself, of IPv6 the /64, which is one household."""
    found = _read(address)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, 64), strict=False))
    return address if found is None else str(found)
