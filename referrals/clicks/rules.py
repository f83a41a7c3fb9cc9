"""Who hits a link: a person, a preview agent, a prefetch or a robot; on what device; once more?

Only what is sure is decided here, cheaply. A header that is missing decides nothing: privacy
browsers, old phones and in-app browsers leave out any of them.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

PERSON, PREVIEW, PREFETCH, BOT = "person", "preview", "prefetch", "bot"
KINDS = (PERSON, PREVIEW, PREFETCH, BOT)

# A visitor who comes back within this long of their last hit makes no new visit.
VISIT = timedelta(minutes=30)

# What fetches a page to show it as a card in a chat or a feed. Apps name themselves alike
# (`Pinterest`, `Line`, `Snapchat` in the agents of their users' in-app browsers), so each name is
# held by what only the fetcher says.
_PREVIEW = re.compile(
    r"^whatsapp/|facebookexternalhit|facebot|facebookcatalog|telegrambot|twitterbot|slackbot"
    r"|slack-imgproxy|discordbot|line-poker|linkedinbot|tiktokspider|bytespider|skypeuripreview"
    r"|pinterestbot|^pinterest/|redditbot|vkshare|viber(?:bot|/[\d.]+ url)|zalo(?:bot|-preview)"
    r"|kakaotalk-scrap|snap url preview|bitlybot|embedly|iframely|mastodon/|bluesky cardyb"
    r"|google-pagerenderer|microsoftpreview|bingpreview|apple-pubsub|teamsbot|threadsbot",
    re.IGNORECASE,
)

# The words of crawlers that say what they are, and of programs that fetch pages.
_ROBOT = re.compile(
    r"(?<!cu)bot\b|bot[/;_\-]|crawl|spider|slurp|scrapy|headless|phantomjs|lighthouse|pingdom"
    r"|uptime|monitor(?:ing)?/|^curl/|^wget|^python|python-requests|aiohttp|httpx|go-http-client"
    r"|libwww|^java/|^okhttp|^node|axios/|^postmanruntime|^ruby|^php|^apache-httpclient|facebookplatform"
    r"|meta-external|mediapartners-google|google-inspectiontool|googleother|apis-google|^gptbot"
    r"|chatgpt-user|perplexity",
    re.IGNORECASE,
)

# `(Linux; Android 11; CUBOT NOTE 20 Build/…)`: a phone's maker may call it a robot.
_ANDROID_DEVICE = re.compile(r"\(Linux;[^()]*Android[^()]*(?:\([^()]*\)[^()]*)*\)")
_TABLET = re.compile(r"ipad|tablet|android(?!.*mobile)", re.IGNORECASE)
_MOBILE = re.compile(r"mobi|iphone|ipod|android|opera mini|windows phone", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9._-]+")
_DESKTOP = re.compile(r"windows nt|macintosh|x11|cros", re.IGNORECASE)


def speech(agent: str) -> str:
    """What the agent says of itself, without the name of its phone."""
    return _ANDROID_DEVICE.sub("", agent)


def kind_of_agent(agent: str) -> str:
    """`preview`, `bot` or, if nothing speaks against it, `person`."""
    said = speech(agent)
    if _PREVIEW.search(said):
        return PREVIEW
    return BOT if _ROBOT.search(said) else PERSON


def kind_of_hit(method: str, purpose: str, agent_kind: str) -> str:
    """`purpose` is the Purpose, Sec-Purpose or X-Moz header: browsers that fetch ahead say so.

    A HEAD request shows nobody anything: never a person, whatever its agent.
    """
    if agent_kind == PREVIEW:
        return PREVIEW
    if agent_kind == BOT or method == "HEAD":
        return BOT
    ahead = purpose.lower()
    return PREFETCH if "prefetch" in ahead or "prerender" in ahead or "preview" in ahead else PERSON


def device(agent: str) -> str:
    """`mobile`, `tablet`, `desktop` or `other`."""
    if _TABLET.search(agent):
        return "tablet"
    if _MOBILE.search(agent):
        return "mobile"
    return "desktop" if _DESKTOP.search(agent) else "other"


def network_of(address: str) -> str:
    """The /24 of an IPv4 address, the /48 of an IPv6 one; what is no address stays as it is."""
    if address.count(".") == 3 and ":" not in address:
        return address.rpartition(".")[0]
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return str(found.ipv4_mapped).rpartition(".")[0]
    return str(ip_network(f"{found}/48", strict=False).network_address)


def host_of(referrer: str) -> str | None:
    """The host of a Referer header, lower case, at most 100 letters; None if there is none."""
    host = referrer.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2]
    host = host.partition(":")[0].lower()[:100]
    return host if _HOST.fullmatch(host) else None


@dataclass(frozen=True, slots=True)
class ClickFacts:
    """A stored click, for those who credit sales. `via` is `link` or `scan`; `own`: the partner's
    own signed-in browser.
    """

    id: str
    at: datetime
    enrolment_id: str
    campaign_id: str
    partner_id: str
    product_id: str | None
    via: str
    visitor: str | None
    own: bool
