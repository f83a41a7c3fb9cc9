"""Which post an address leads to, who may send one in, what it pays, and what forbids a step."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode, urlsplit

from campaigns.catalog.rules import MAX_URL, web_url
from campaigns.terms.rules import Rule, Terms, Who

PLATFORMS = ("instagram", "tiktok", "youtube", "facebook", "x", "threads", "other")
STATES = ("waiting", "accepted", "refused")
# Why a merchant refuses a post; worded as `reason.{code}`.
REFUSE_REASONS = (
    "post_not_visible",
    "post_not_ours",
    "post_no_ad_mark",
    "post_not_own",
    "post_not_as_agreed",
    "against_rules",
    "other",
)
# Who may send posts in where the rule names no role.
POSTERS = ("influencer", "buzzer")
MAX_NOTE = 500
MAX_WAITING = 50

_HOSTS = {
    "instagram.com": "instagram",
    "tiktok.com": "tiktok",
    "youtube.com": "youtube",
    "youtu.be": "youtube",
    "facebook.com": "facebook",
    "x.com": "x",
    "twitter.com": "x",
    "threads.net": "threads",
    "threads.com": "threads",
}
_BEFORE_HOST = re.compile(r"^(www|m|mobile|web|id-id)\.")
# These may lead anywhere.
_SHORT_HOSTS = frozenset(
    {"fb.me", "t.co", "bit.ly", "s.id", "tinyurl.com", "goo.gl", "cutt.ly", "lnkd.in", "linktr.ee",
     "ig.me", "instagr.am"}
)  # fmt: skip
# What the platforms' own apps copy (seen 2026-11). Which post is meant only the platform knows, so
# that one post may have many.
_SHARED = (
    ("tiktok", re.compile(r"(?:v[tm]\.tiktok\.com|tiktok\.com/t)/[A-Za-z0-9_-]{3,40}")),
    ("facebook", re.compile(r"(?:facebook\.com/share(?:/[prv])?|fb\.watch)/[A-Za-z0-9_-]{3,40}")),
    ("instagram", re.compile(r"instagram\.com/share(?:/p|/reel)?/[A-Za-z0-9_-]{3,40}")),
)
_ID = r"(?P<id>[A-Za-z0-9_-]{3,70})"
_NUMBER = r"(?P<id>\d{3,30})"
_NAME = r"(?P<name>[A-Za-z0-9._-]{1,60})"
# Per platform: what the path (with those parameters that name a post) looks like, and the address
# under which the post is kept. Paths as the platforms' own share buttons give them (seen 2026-11).
_SHAPES: dict[str, tuple[tuple[str, str], ...]] = {
    "instagram": (
        (rf"/(?:{_NAME}/)?(?:p|reel|reels|tv)/{_ID}", "www.instagram.com/p/{id}/"),
        (rf"/stories/{_NAME}/{_NUMBER}", "www.instagram.com/stories/{name}/{id}/"),
    ),
    "tiktok": (
        (rf"/@{_NAME}/video/{_NUMBER}", "www.tiktok.com/@{name}/video/{id}"),
        (rf"/@{_NAME}/photo/{_NUMBER}", "www.tiktok.com/@{name}/photo/{id}"),
    ),
    "youtube": (
        (r"/(?:watch\?v=|shorts/|live/|embed/)(?P<id>[A-Za-z0-9_-]{11})",
         "www.youtube.com/watch?v={id}"),
        (rf"/post/{_ID}", "www.youtube.com/post/{id}"),
    ),
    "facebook": (
        (rf"/reel/{_NUMBER}", "www.facebook.com/reel/{id}"),
        (rf"/watch\?v={_NUMBER}", "www.facebook.com/watch/?v={id}"),
        (rf"/photo(?:\.php)?\?fbid={_NUMBER}", "www.facebook.com/photo/?fbid={id}"),
        (rf"/(?:permalink|story)\.php\?story_fbid={_ID}&id=(?P<name>\d+)",
         "www.facebook.com/permalink.php?story_fbid={id}&id={name}"),
        (rf"/groups/{_NAME}/(?:posts|permalink)/{_NUMBER}",
         "www.facebook.com/groups/{name}/posts/{id}"),
        (rf"/{_NAME}/(?P<kind>posts|videos|photos)/(?:[^/]+/)?{_ID}",
         "www.facebook.com/{name}/{kind}/{id}"),
    ),
    "x": ((rf"/{_NAME}/status(?:es)?/{_NUMBER}", "x.com/{name}/status/{id}"),),
    "threads": ((rf"/@{_NAME}/post/{_ID}", "www.threads.com/@{name}/post/{id}"),),
}  # fmt: skip
_NAMING = ("v", "fbid", "story_fbid", "id")
_TRACKING = re.compile(r"utm_.*|fbclid|gclid|igsh|igshid|mibextid|ref|ref_.*|share|share_.*")


@dataclass(frozen=True)
class Post:
    """A post: where, the address under which it is kept, and the key that names it."""

    platform: str
    url: str
    key: str


@dataclass(frozen=True)
class Wrong:
    """Why an address leads to no post: `bad_url`, `short_link` or `not_a_post`."""

    code: str
    platform: str = ""


def post(text: str) -> Post | Wrong:
    """The post that an https address leads to.

    On a known platform its own number names it, so that www or m, an app's share parameters, and a
    reel or post address of the same make no difference. Anywhere else the address does, less what
    only tracks. A link that a platform's own app shortened stands for itself (`is_short`): one post
    may have any number of these. Other short links are refused.
    """
    url = web_url(text)
    if url is None:
        return Wrong("bad_url")
    parts = urlsplit(url)
    host = _BEFORE_HOST.sub("", parts.netloc.removesuffix(":443"), count=1)
    path = parts.path.rstrip("/")
    if host == "youtu.be":
        path = f"/shorts{path}"
    shared = next((name for name, short in _SHARED if short.fullmatch(host + path)), None)
    if shared is not None:
        return Post(shared, f"https://{host}{path}/", f"{shared}:{host}{path}")
    if host in _SHORT_HOSTS:
        return Wrong("short_link")
    platform = _HOSTS.get(host)
    query = parse_qsl(parts.query)
    if platform is None:
        return _elsewhere(host, path, query)
    return _known(platform, path, query)


def is_short(url: str) -> bool:
    """Whether the address of a stored post does not say which post it is."""
    bare = url.removeprefix("https://").rstrip("/")
    return any(short.fullmatch(bare) for _, short in _SHARED)


def _known(platform: str, path: str, query: Sequence[tuple[str, str]]) -> Post | Wrong:
    naming = "&".join(f"{name}={dict(query)[name]}" for name in _NAMING if name in dict(query))
    for pattern, address in _SHAPES[platform]:
        wanted = f"{path}?{naming}" if r"\?" in pattern and naming else path
        found = re.fullmatch(pattern, wanted, re.ASCII)
        if found:
            named = found.groupdict()
            return Post(platform, "https://" + address.format(**named), f"{platform}:{named['id']}")
    return Wrong("not_a_post", platform)


def _elsewhere(host: str, path: str, query: Sequence[tuple[str, str]]) -> Post | Wrong:
    kept = sorted((n, v) for n, v in query if not _TRACKING.fullmatch(n.lower()))
    if not path and not kept:
        return Wrong("not_a_post", "other")
    whole = f"{host}{path}" + (f"?{urlencode(kept)}" if kept else "")
    if len(whole) + len("https://") > MAX_URL:
        return Wrong("bad_url")
    return Post("other", f"https://{whole}", f"other:{sha256(whole.encode()).hexdigest()}")


def paying(terms: Terms, who: Who, sent_at: datetime) -> tuple[tuple[int, Rule], ...]:
    """The `per_post` rules, with their places in the list, that pay this partner for a post sent in
    at the instant: every one whose conditions hold. A rule that names no role is for influencers
    and buzzers.
    """
    return tuple(
        (index, rule)
        for index, rule in enumerate(terms.rules)
        if rule.kind == "per_post" and _holds(rule, who, sent_at)
    )


def _holds(rule: Rule, who: Who, at: datetime) -> bool:
    when = rule.when
    roles = POSTERS if when.role is None else when.role
    return (
        who.role in roles
        and (when.partner is None or who.partner in when.partner)
        and (when.tier is None or who.tier in when.tier)
        and (when.from_ is None or when.from_ <= at)
        and (when.until is None or at < when.until)
    )


def step_fault(state: str, to: str) -> str | None:
    """Why a post in `state` cannot become `accepted` or `refused`; None if it can, or is it already
    (a refusal for another reason is another step).
    """
    if state in ("waiting", to):
        return None
    return f"post_{state}"
