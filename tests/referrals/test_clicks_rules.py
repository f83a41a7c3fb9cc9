"""Person, preview, prefetch or robot; devices; networks; referrers."""

import pytest

from referrals.clicks import agents, rules
from referrals.clicks.rules import BOT, PERSON, PREFETCH, PREVIEW

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0.0.0 Mobile Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15"

PEOPLE = [
    "",
    "Mozilla/5.0",
    "Mozilla/5.0 (Android)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 10; CUBOT NOTE 20) {WEBKIT}",
    f"Mozilla/5.0 (Linux; Android 9; CUBOT_X18_Plus Build/PPR1) {WEBKIT}",
    f"Mozilla/5.0 (Linux; U; Android 11; id-ID; Cubot P50) {WEBKIT}",
    f"Mozilla/5.0 (Linux; Android 12; Robot X2) {WEBKIT}",
    f"Mozilla/5.0 (Linux; Android 13; SM-A536E; wv) {WEBKIT} [FB_IAB/FB4A;FBAV/443.0.0.23.229;]",
    f"{IPHONE} Mobile/20G75 [FBAN/FBIOS;FBAV/430.0;FBDV/iPhone12,1;FBSV/16.6;FBID/phone]",
    f"{IPHONE} Mobile/21E219 Instagram 325.0.0.34.90 (iPhone14,5; iOS 17_4; id_ID; id; scale=3.00)",
    f"Mozilla/5.0 (Linux; Android 12; RMX3231) {WEBKIT} trill_320405 JsSdk/1.0 NetType/WIFI "
    "Channel/googleplay AppName/musical_ly ByteLocale/id Region/ID BytedanceWebview/d8a21c6",
    f"{IPHONE} Mobile/15E148 Safari Line/13.20.0",
    f"{IPHONE} Mobile/15E148 Twitter for iPhone/10.20",
    f"{IPHONE} Mobile/15E148 Snapchat/12.59 (like Safari/8617, panda)",
    f"Mozilla/5.0 (Linux; Android 12; SM-G991B; wv) {WEBKIT} [Pinterest/Android]",
    f"Mozilla/5.0 (Linux; Android 14; SM-S918B; wv) {WEBKIT} Barcelona 311.0.0.26.109 Android",
    f"Mozilla/5.0 (Linux; Android 11; wv) {WEBKIT} ShopeeID Beeshop locale=id version=29421",
    f"Mozilla/5.0 (Linux; Android 13; 2201117TG) {WEBKIT} Telegram-Android/10.3.2 (Xiaomi)",
    "Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; id) Presto/2.12.423 Version/12.16",
]
PREVIEWS = [
    "WhatsApp/2.23.20.0 A",
    "WhatsApp/2.2587.9 W",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "facebookexternalhit/1.1;line-poker/1.0",
    "TelegramBot (like TwitterBot)",
    "Twitterbot/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Mozilla/5.0 (compatible; TikTokSpider; ttspider-feedback@tiktok.com)",
    "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 "
    "(compatible; Bytespider; spider-feedback@bytedance.com)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
]
ROBOTS = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like "
    "Gecko) Chrome/41.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://google.com)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 AppleWebKit/537.36 (compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36",
    "curl/8.0.1",
    "python-httpx/0.28",
    "Go-http-client/1.1",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
]
BOOKWORM = "Mozilla/5.0 (compatible; Nutch/1.20)"


@pytest.mark.parametrize("agent", PEOPLE)
def test_people_are_people_in_every_app_on_every_phone(agent: str) -> None:
    agents.reset()
    assert rules.kind_of_agent(agent) == PERSON
    assert agents.for_sure(agent.encode()).kind == PERSON


@pytest.mark.parametrize("agent", PREVIEWS)
def test_what_fetches_a_card_for_a_chat_is_a_preview(agent: str) -> None:
    assert rules.kind_of_agent(agent) == PREVIEW


@pytest.mark.parametrize("agent", ROBOTS)
def test_robots_that_say_so_are_robots(agent: str) -> None:
    assert rules.kind_of_agent(agent) == BOT


def test_the_big_list_knows_more_robots() -> None:
    agents.reset()
    raw = BOOKWORM.encode()
    assert agents.at_once(raw).kind == PERSON
    assert agents.for_sure(raw).kind == BOT
    assert agents.at_once(raw) == agents.for_sure(raw)


def test_the_memory_of_agents_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    agents.reset()
    monkeypatch.setattr(agents, "MANY", 3)
    for number in range(10):
        agents.at_once(f"agent {number}".encode())
    assert len(agents._known) <= 3


@pytest.mark.parametrize(
    ("method", "purpose", "agent_kind", "kind"),
    [
        ("GET", "", PERSON, PERSON),
        ("GET", "prefetch", PERSON, PREFETCH),
        ("GET", "prefetch;prerender", PERSON, PREFETCH),
        ("GET", "Prerender", PERSON, PREFETCH),
        ("GET", "preview", PERSON, PREFETCH),
        ("GET", "navigate", PERSON, PERSON),
        ("HEAD", "", PERSON, BOT),
        ("GET", "prefetch", BOT, BOT),
        ("GET", "", BOT, BOT),
        ("HEAD", "", PREVIEW, PREVIEW),
    ],
)
def test_kinds_of_hits(method: str, purpose: str, agent_kind: str, kind: str) -> None:
    assert rules.kind_of_hit(method, purpose, agent_kind) == kind


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (f"{IPHONE} Mobile/15E148", "mobile"),
        (f"Mozilla/5.0 (Linux; Android 12; SM-A107F) {WEBKIT}", "mobile"),
        ("Mozilla/5.0 (Linux; Android 12; SM-T510) Chrome/120 Safari/537.36", "tablet"),
        ("Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) Mobile/15E148", "tablet"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120", "desktop"),
        ("curl/8.0", "other"),
    ],
)
def test_devices(agent: str, device: str) -> None:
    assert rules.device(agent) == device


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("114.10.22.33", "114.10.22"),
        ("2001:db8:1:2::3", "2001:db8:1::"),
        ("::ffff:114.10.22.33", "114.10.22"),
        ("fe80::1%eth0", "fe80::"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_networks(address: str, network: str) -> None:
    assert rules.network_of(address) == network


@pytest.mark.parametrize(
    ("referrer", "host"),
    [
        ("https://www.instagram.com/stories/x?y", "www.instagram.com"),
        ("https://M.Facebook.com", "m.facebook.com"),
        ("http://user@laras.id:8080/x", "laras.id"),
        ("android-app://com.whatsapp/", "com.whatsapp"),
        ("nonsense", None),
        ("https:///x", None),
        ("https://é.id/", None),
    ],
)
def test_referrers_are_kept_as_hosts(referrer: str, host: str | None) -> None:
    assert rules.host_of(referrer) == host
