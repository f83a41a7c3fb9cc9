"""Where a link leads, what codes look like, and which coupon a partner is offered. Pure."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, unquote_plus, urlsplit, urlunsplit

from shortuuid import ShortUUID

from jejaring.kit.text import fold_code

# Letters that cannot be mistaken for one another when read aloud or typed from a poster.
ALPHABET: str = ShortUUID().get_alphabet()
CODE_LENGTH = 6
_CODE = re.compile(rf"[{ALPHABET}]{{4,16}}")
_COUPON = re.compile(r"[A-Z0-9](?:[A-Z0-9-]{1,22})[A-Z0-9]")
MAX_LABEL = 60
_PORTS = (None, 80, 443)
_KEPT_IN_URL = ":/?#[]@!$&'()*+,;=%~-._"


def is_code(text: str) -> bool:
    """Whether the text can be a link's code at all: 4–16 letters of the alphabet."""
    return _CODE.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Goal:
    """What a link may lead to. `hosts` are the merchant's verified ones, the oldest first."""

    base: str
    merchant: str
    product: str | None = None
    product_url: str | None = None
    hosts: tuple[str, ...] = ()


def page_of(goal: Goal) -> str:
    """Our own page of the product, or of the shop."""
    return f"{goal.base}/p/{goal.merchant}" + (f"/{goal.product}" if goal.product else "")


def target(goal: Goal) -> str:
    """The product's website if its host is verified, else our page of the product; without a
    product the verified site's root, else our page of the shop. A partner never chooses it.
    """
    if goal.product is not None:
        url = goal.product_url
        return plain(url) if url and is_on(url, goal.hosts) else page_of(goal)
    return f"https://{goal.hosts[0]}/" if goal.hosts else page_of(goal)


def is_on(url: str, hosts: Collection[str]) -> bool:
    """Whether the address is a web page of one of the hosts, exactly: no other host, no other port
    (unless the host was verified with its port), no name before an @.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in ("https", "http") or "@" in parts.netloc:
        return False
    return f"{host}:{port}" in hosts or (port in _PORTS and host in hosts)


def plain(url: str) -> str:
    """The address in ASCII, as a header can carry it: anything else is percent-encoded."""
    return quote(url, safe=_KEPT_IN_URL)


def around_click(url: str) -> tuple[str, str]:
    """The address in two halves with the click id to be written between them: `jj=` is merged into
    the query in place of a `jj` that is there; other parameters and the fragment stay as they are.
    """
    parts = urlsplit(url)
    kept = [
        pair for pair in parts.query.split("&") if pair and unquote_plus(pair.split("=")[0]) != "jj"
    ]
    before = urlunsplit((parts.scheme, parts.netloc, parts.path or "/", "", ""))
    tail = f"#{parts.fragment}" if parts.fragment else ""
    return f"{before}?{'&'.join([*kept, 'jj='])}", tail


@dataclass(frozen=True, slots=True)
class Standing:
    """The dated facts that decide whether a link still counts."""

    campaign_state: str
    enrolment_state: str
    stopped: bool
    launched_at: datetime | None
    starts_at: datetime | None
    ends_at: datetime | None


def counts_from_to(standing: Standing) -> tuple[float, float]:
    """The stretch [from, to) in seconds since 1970 in which clicks count; (0, 0) for a link that is
    stopped, of a campaign that is not live or of an enrolment that is not active.
    """
    live = standing.campaign_state == "live" and standing.enrolment_state == "active"
    if standing.stopped or not live or standing.launched_at is None:
        return 0.0, 0.0
    start = max(standing.launched_at, standing.starts_at or standing.launched_at)
    end = standing.ends_at.timestamp() if standing.ends_at else float("inf")
    return start.timestamp(), end


def is_coupon(code: str) -> bool:
    """Whether a folded code may be a coupon: 3–24 letters, digits and inner hyphens."""
    return _COUPON.fullmatch(code) is not None


# Letters and digits that nobody mistakes for another when a chat is typed off.
_CHECK = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_DASH = r"\s*[-\u2010-\u2015_]\s*"
_REFERENCE = re.compile(
    r"(?P<mark>[\[#]\s*)*(?<![A-Z0-9-])"
    r"(?P<code>[A-Z0-9]{1,24}(?:-[A-Z0-9]{1,24}){0,4})"
    rf"(?:{_DASH}|(?<=[A-Z0-9])(?P<gap>\s+))(?P<check>[A-Z0-9]{{4}})(?![A-Z0-9-])"
)
_BRACKETS = re.compile(r"\[([^\[\]]{3,80})\]")
MAX_REFERENCES = 10


@dataclass(frozen=True)
class Reference:
    """A partner's code with its four check letters, as found in a chat; `marked`: it stood behind
    `[` or `#`, so that it was meant as one.
    """

    code: str
    check: str
    marked: bool


def check_letters(digest: str) -> str:
    """Four letters for a keyed hash (hexadecimal), none easily mistaken for another."""
    number = int(digest[:16], 16)
    letters = []
    for _ in range(4):
        number, place = divmod(number, len(_CHECK))
        letters.append(_CHECK[place])
    return "".join(letters)


def reference(code: str, check: str) -> str:
    """`[#RINA10-7F3K]`: what the order text of a product page carries."""
    return f"[#{code}-{check}]"


def references(text: str) -> list[Reference]:
    """The references in a chat or note, in their order, each once, at most ten: in any case, with
    or without brackets and #, with spaces or another dash where people put them. Without a mark a
    dash must be there.
    """
    flat = unicodedata.normalize("NFKC", text).upper()
    flat = _BRACKETS.sub(lambda m: f"[{''.join(m[1].split())}]", flat)
    found: dict[tuple[str, str], Reference] = {}
    for match in _REFERENCE.finditer(flat):
        marked = match["mark"] is not None
        if match["gap"] and not marked:
            continue
        place = (match["code"], match["check"])
        found.setdefault(place, Reference(*place, marked))
    return list(found.values())[:MAX_REFERENCES]


def coupon_ideas(handle: str, discount_bp: int | None) -> Iterator[str]:
    """Coupons for a handle, best first: `sari-dewi` with 10 % → SARI10, SARIDEWI10, SARI, SARIDEWI,
    then SARI11, SARI12 … SARI99. Without a discount in whole percent the number is 10.
    """
    words = [w for w in re.split(r"[^A-Z0-9]+", fold_code(handle)) if w] or ["JEJARING"]
    short = words[0][:14]
    if len(short) < 2:
        short = "".join(words)[:14].ljust(2, "X")
    whole = "".join(words)[:20]
    percent = discount_bp // 100 if discount_bp and discount_bp % 100 == 0 else 10
    seen: set[str] = set()
    named = [f"{short}{percent}", f"{whole}{percent}", short, whole]
    for idea in [*named, *(f"{short}{n}" for n in range(11, 100))]:
        if idea not in seen and is_coupon(idea):
            seen.add(idea)
            yield idea
