"""Which post an address leads to, who is paid for one, and what may follow what."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.content.rules import Post, Wrong, is_short, paying, post, step_fault
from campaigns.terms.rules import Rule, Terms, When, Who

AT = datetime(2026, 11, 24, tzinfo=UTC)
SAME = {
    "instagram:DAbc_12-x": (
        "https://www.instagram.com/p/DAbc_12-x/",
        "https://instagram.com/reel/DAbc_12-x/?igsh=MTc4&utm_source=ig_web_copy_link",
        "https://m.instagram.com/rina.w/reel/DAbc_12-x#komentar",
        "https://WWW.Instagram.com:443/rina/p/DAbc_12-x?img_index=2",
    ),
    "tiktok:7301234567890": (
        "https://www.tiktok.com/@rina.w/video/7301234567890?is_from_webapp=1&sender_device=pc",
        "https://m.tiktok.com/@rina.w/video/7301234567890",
    ),
    "youtube:dQw4w9WgXcQ": (
        "https://youtu.be/dQw4w9WgXcQ?si=Xx1",
        "https://www.youtube.com/watch?feature=share&v=dQw4w9WgXcQ&t=30s",
        "https://m.youtube.com/shorts/dQw4w9WgXcQ",
        "https://youtube.com/live/dQw4w9WgXcQ/",
    ),
    "facebook:123456789": (
        "https://www.facebook.com/watch/?v=123456789",
        "https://web.facebook.com/reel/123456789?mibextid=abc",
        "https://m.facebook.com/batik.laras/videos/kemeja-baru/123456789/",
        "https://www.facebook.com/groups/umkm/permalink/123456789/",
        "https://www.facebook.com/photo.php?fbid=123456789&set=a.1",
    ),
    "facebook:pfbid0abc": (
        "https://www.facebook.com/permalink.php?story_fbid=pfbid0abc&id=1000",
        "https://m.facebook.com/story.php?id=1000&story_fbid=pfbid0abc",
        "https://www.facebook.com/batik.laras/posts/pfbid0abc",
    ),
    "x:17651": (
        "https://x.com/rina/status/17651?s=20",
        "https://twitter.com/rina/status/17651",
        "https://mobile.twitter.com/rina/statuses/17651",
    ),
    "threads:Cx1_abc": (
        "https://www.threads.net/@rina/post/Cx1_abc",
        "https://www.threads.com/@rina/post/Cx1_abc?xmt=AQ",
    ),
}


@pytest.mark.parametrize(("key", "addresses"), SAME.items())
def test_a_post_has_one_name_whatever_its_address(key: str, addresses: tuple[str, ...]) -> None:
    found = [post(address) for address in addresses]
    assert [isinstance(one, Post) and one.key for one in found] == [key] * len(addresses)
    assert {one.platform for one in found} == {key.partition(":")[0]}
    again = [post(one.url) for one in found if isinstance(one, Post)]
    assert {one.key for one in again if isinstance(one, Post)} == {key}, "what is kept is the post"


def test_elsewhere_the_address_is_the_name_less_what_tracks() -> None:
    plain = post("https://www.blog.rina.id/ulasan/?b=2&a=1")
    assert isinstance(plain, Post)
    assert (plain.platform, plain.url) == ("other", "https://blog.rina.id/ulasan?a=1&b=2")
    assert post("https://blog.rina.id/ulasan?a=1&utm_source=wa&b=2&fbclid=x#top") == plain
    assert post("https://blog.rina.id/ulasan?a=1&b=3") != plain
    assert post("https://blog.rina.id/?p=123") != post("https://blog.rina.id/?p=124")


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ("", Wrong("bad_url")),
        ("www.instagram.com/p/DAbc_12-x", Wrong("bad_url")),
        ("http://www.instagram.com/p/DAbc_12-x", Wrong("bad_url")),
        ("https://rina:kata@x.com/rina/status/17651", Wrong("bad_url")),
        ("https://192.168.1.1/p/1", Wrong("bad_url")),
        ("https://blog.rina.id/?q=" + "@" * 300, Wrong("bad_url")),
        ("https://s.id/abc", Wrong("short_link")),
        ("https://vt.tiktok.com/", Wrong("not_a_post", "other")),
        ("https://www.tiktok.com/t/", Wrong("not_a_post", "tiktok")),
        ("https://www.facebook.com/share/", Wrong("not_a_post", "facebook")),
        ("https://www.facebook.com/share/q/1abc/", Wrong("not_a_post", "facebook")),
        ("https://bit.ly/abc", Wrong("short_link")),
        ("https://www.instagram.com/rina.w/", Wrong("not_a_post", "instagram")),
        ("https://www.youtube.com/batiklaras1", Wrong("not_a_post", "youtube")),
        ("https://www.youtube.com/watch?list=PL1", Wrong("not_a_post", "youtube")),
        ("https://x.com/rina", Wrong("not_a_post", "x")),
        ("https://blog.rina.id/", Wrong("not_a_post", "other")),
        ("https://blog.rina.id/?utm_source=x", Wrong("not_a_post", "other")),
    ],
)
def test_what_leads_to_no_post_says_why(address: str, wrong: Wrong) -> None:
    assert post(address) == wrong


@pytest.mark.parametrize(
    ("address", "platform", "kept"),
    [
        ("https://vt.tiktok.com/ZSabc/?k=1", "tiktok", "vt.tiktok.com/ZSabc/"),
        ("https://vm.tiktok.com/ZSabc", "tiktok", "vm.tiktok.com/ZSabc/"),
        ("https://www.tiktok.com/t/ZSabc/", "tiktok", "tiktok.com/t/ZSabc/"),
        ("https://www.facebook.com/share/1abc", "facebook", "facebook.com/share/1abc/"),
        ("https://web.facebook.com/share/p/1abc/", "facebook", "facebook.com/share/p/1abc/"),
        ("https://fb.watch/x_Y-z/?mibextid=1", "facebook", "fb.watch/x_Y-z/"),
        ("https://www.instagram.com/share/BAxx", "instagram", "instagram.com/share/BAxx/"),
        (
            "https://www.instagram.com/share/reel/BAxx",
            "instagram",
            "instagram.com/share/reel/BAxx/",
        ),
    ],
)
def test_what_an_app_shortened_stands_for_itself(address: str, platform: str, kept: str) -> None:
    found = post(address)
    assert isinstance(found, Post)
    assert (found.platform, found.url) == (platform, f"https://{kept}")
    assert found.key == f"{platform}:{kept[:-1]}"
    assert is_short(found.url)
    assert post(found.url) == found


def test_a_whole_address_is_not_short() -> None:
    for address in (
        "https://www.tiktok.com/@rina/video/7300000000000000001",
        "https://www.instagram.com/reel/DAbc_12-x/",
        "https://blog.rina.id/ulasan",
    ):
        found = post(address)
        assert isinstance(found, Post)
        assert not is_short(found.url)


@given(st.text(max_size=80))
def test_any_text_is_a_post_or_says_why_not(text: str) -> None:
    for address in (text, f"https://{text}", f"https://www.facebook.com/{text}"):
        found = post(address)
        if isinstance(found, Post):
            assert len(found.url) <= 500
            assert len(found.key) <= 90


def terms(*rules: Rule) -> Terms:
    return Terms(rules=rules)


def fee(name: str = "Post", **when: object) -> Rule:
    return Rule(name, "per_post", When(**when), amount=50_000)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "who", "paid"),
    [
        (fee(), Who("influencer", "dimas"), True),
        (fee(), Who("buzzer", "dimas"), True),
        (fee(), Who("reseller", "dimas"), False),
        (fee(), Who("follower", "dimas"), False),
        (fee(role=frozenset({"follower"})), Who("follower", "dimas"), True),
        (fee(role=frozenset({"follower"})), Who("influencer", "dimas"), False),
        (fee(partner=frozenset({"rina"})), Who("influencer", "dimas"), False),
        (fee(partner=frozenset({"dimas"})), Who("influencer", "dimas"), True),
        (fee(tier=frozenset({"gold"})), Who("influencer", "dimas"), False),
        (fee(tier=frozenset({"gold"})), Who("influencer", "dimas", "gold"), True),
        (fee(from_=AT), Who("influencer", "dimas"), True),
        (fee(from_=AT + timedelta(seconds=1)), Who("influencer", "dimas"), False),
        (fee(until=AT), Who("influencer", "dimas"), False),
        (fee(until=AT + timedelta(seconds=1)), Who("influencer", "dimas"), True),
    ],
)
def test_a_rule_pays_whom_its_conditions_name(rule: Rule, who: Who, paid: bool) -> None:
    line = Rule("Semua", "percent", rate_bp=1_000)
    assert paying(terms(line, rule), who, AT) == (((1, rule),) if paid else ())


def test_every_rule_that_holds_pays() -> None:
    both = terms(fee("A"), fee("B"), fee("C", tier=frozenset({"gold"})))
    assert [rule.name for _, rule in paying(both, Who("buzzer", "dimas"), AT)] == ["A", "B"]


@pytest.mark.parametrize(
    ("state", "to", "fault"),
    [
        ("waiting", "accepted", None),
        ("waiting", "refused", None),
        ("accepted", "accepted", None),
        ("refused", "refused", None),
        ("accepted", "refused", "post_accepted"),
        ("refused", "accepted", "post_refused"),
    ],
)
def test_an_answer_is_given_once(state: str, to: str, fault: str | None) -> None:
    assert step_fault(state, to) == fault
