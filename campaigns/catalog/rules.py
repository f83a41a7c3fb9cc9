"""Hosts and addresses: which may be a merchant's site, which belong to a marketplace."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote, urlsplit, urlunsplit

# Hosts of product pages and their short links (docs: campaigns/catalog; seen 2026-11).
MARKETPLACES = {
    "shopee": frozenset({"shopee.co.id", "s.shopee.co.id", "shp.ee", "id.shp.ee"}),
    "tokopedia": frozenset(
        {"tokopedia.com", "www.tokopedia.com", "tokopedia.link", "tk.tokopedia.com"}
    ),
    "tiktok": frozenset(
        {
            "tiktok.com",
            "www.tiktok.com",
            "vt.tiktok.com",
            "shop-id.tokopedia.com",
            "vt.tokopedia.com",
        }
    ),
    "lazada": frozenset({"lazada.co.id", "www.lazada.co.id", "s.lazada.co.id"}),
}
CHANNELS = ("website", *MARKETPLACES)
MAX_URL = 500
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SAFE = "%/:?#[]@!$&'()*+,;=-._~"


@dataclass(frozen=True)
class Fault:
    """What is wrong with a text, as a code with its values."""

    code: str
    host: str = ""
    hosts: tuple[str, ...] = ()


def site_host(text: str) -> str | None:
    """A host as it is compared: lower case, punycode, no final dot. None for an address written in
    numbers, a port, a path, a single word, or anything else that is not a public host name.
    """
    try:
        flat = text.strip().rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    labels = flat.split(".")
    if len(flat) > 253 or len(labels) < 2 or labels[-1].isdigit():
        return None
    if labels[-1] in ("local", "localhost", "internal", "onion", "arpa"):
        return None
    return flat if all(_LABEL.fullmatch(label) for label in labels) else None


def web_url(text: str) -> str | None:
    """An https address on a public host name and the usual port, written in ASCII; else None."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        return None
    host = site_host(parts.hostname or "")
    if parts.scheme != "https" or host is None or parts.username is not None:
        return None
    if port not in (None, 443) or re.search(r"[\s\\\x00-\x20]", text.strip()):
        return None
    whole = urlunsplit(
        ("https", host, *(quote(p, safe=_SAFE) for p in (parts.path, parts.query, parts.fragment)))
    )
    return whole if len(whole) <= MAX_URL else None


def photo_version(url: str) -> str:
    """Ten letters that change with a photo's address: our copy is kept under them."""
    return sha256(url.encode()).hexdigest()[:10]


def shop_url(channel: str, text: str, sites: Collection[str]) -> str | Fault:
    """A product's address on `website` or a marketplace, or what is wrong with it: not https, a
    website that is not among the merchant's verified `sites`, or not the marketplace's own host.
    """
    url = web_url(text)
    if url is None:
        return Fault("bad_url")
    host = urlsplit(url).hostname or ""
    if channel == "website":
        return url if host in sites else Fault("site_not_verified", host)
    hosts = MARKETPLACES[channel]
    return url if host in hosts else Fault("wrong_marketplace", host, tuple(sorted(hosts)))
