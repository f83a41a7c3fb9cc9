"""Who may do what, what a sign-up must say, where `next` may lead."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejaring.identity import rules
from jejaring.identity.rules import (
    SCOPES,
    Caller,
    Person,
    base_slug,
    free_slug,
    grantable,
    invitation_fault,
    may_reset,
    safe_next,
    tidy_person,
)

ME = Caller("org_1", "merchant", "laras", "Laras", "Asia/Jakarta", "usr_1")


@pytest.mark.parametrize(
    ("role", "acts"),
    [
        ("owner", "read self edit sell prepare approve members settings"),
        ("manager", "read self edit sell prepare"),
        ("finance", "read self prepare approve"),
        ("viewer", "read self"),
        ("unknown", ""),
        (None, ""),
    ],
)
def test_a_role_may_do_its_acts_and_nothing_else(role: str | None, acts: str) -> None:
    person = Caller("o", "merchant", "s", "n", "z", "usr_1", role=role)
    every = ["read", "self", "edit", "sell", "prepare", "approve", "members", "settings", "x"]
    assert [a for a in every if person.may(a)] == acts.split()


def test_a_key_may_do_nothing_by_role_and_is_counted_by_itself() -> None:
    assert not ME.may("read")
    assert ME.rate_key == "usr_1"


@pytest.mark.parametrize("kind", ["merchant", "partner", "operator", "nothing"])
@pytest.mark.parametrize("role", ["owner", "manager", "finance", "viewer", "other", None])
def test_only_an_owner_grants_keys_and_nobody_more_than_the_side_has(
    kind: str, role: str | None
) -> None:
    every = frozenset().union(*SCOPES.values())
    given_ = grantable(kind, role, every)
    assert given_ <= SCOPES.get(kind, frozenset())
    assert ("keys" in given_) == (role == "owner" and kind in SCOPES)


@given(st.sets(st.sampled_from(sorted(SCOPES["merchant"] | SCOPES["partner"]))))
def test_a_key_never_grants_more_than_it_holds(held: set[str]) -> None:
    assert grantable("merchant", None, frozenset(held)) <= held - {"keys"}


@pytest.mark.parametrize(
    ("kind", "own", "elsewhere", "may"),
    [
        ("operator", False, True, True),
        ("operator", False, False, True),
        ("merchant", True, False, True),
        ("merchant", True, True, False),
        ("merchant", False, False, False),
        ("partner", True, False, True),
    ],
)
def test_who_may_reset_a_password(kind: str, own: bool, elsewhere: bool, may: bool) -> None:
    assert may_reset(kind, own, elsewhere) is may


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        ("/merchant", "/merchant"),
        ("/join/cmp_1?as=reseller&x=1", "/join/cmp_1?as=reseller&x=1"),
        ("/p/kopi enak", "/p/kopi%20enak"),
        ("/a%2Fb", "/a%2Fb"),
        ("", "/"),
        ("merchant", "/"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/signin?next=/signin", "/"),
        ("/signout/", "/"),
        ("/" + "a" * 1000, "/"),
    ],
)
def test_next_leads_to_a_path_of_ours(wanted: str, goes: str) -> None:
    assert safe_next(wanted) == goes


@given(st.text(st.sampled_from("/\\\t\n .:@?#%09afht"), max_size=12))
def test_next_never_leaves_the_site(wanted: str) -> None:
    browser = safe_next(wanted).replace("\t", "").replace("\n", "").replace("\\", "/")
    assert urlsplit(urljoin("https://jejaring.test/signin", browser)).netloc == "jejaring.test"


@pytest.mark.parametrize("language", ["id", "en", "xx"])
def test_an_unknown_language_is_indonesian(language: str) -> None:
    tidy, bad = tidy_person(Person("A", "a@b.id", None, "12345678", language))
    assert (bad, tidy.language) == ([], "en" if language == "en" else "id")


def test_a_password_is_not_in_a_persons_repr() -> None:
    assert "geheim" not in repr(Person("A", None, None, "geheim-wort"))


@pytest.mark.parametrize(
    ("name", "kind", "slug"),
    [
        ("Kopi Bukit Gayo!", "merchant", "kopi-bukit-gayo"),
        ("咖啡", "merchant", "toko"),
        ("Al", "partner", "mitra-al"),
        ("", "operator", "operator"),
    ],
)
def test_a_slug_is_made_from_the_name(name: str, kind: str, slug: str) -> None:
    assert base_slug(name, kind) == slug


@given(st.sets(st.integers(1, 12)), st.integers(50, 60))
def test_a_free_slug_is_free_and_fits(numbers: set[int], length: int) -> None:
    base = "a" * length
    taken = {base} | {f"{base[: 60 - len(f'-{n}')]}-{n}" for n in numbers}
    made = free_slug(base, taken)
    assert made not in taken
    assert len(made) <= rules.MAX_SLUG
    assert free_slug("free", taken) == "free"


@pytest.mark.parametrize(
    ("kind", "expired", "used_by", "by", "fault"),
    [
        ("shop", False, None, None, None),
        ("shop", True, None, None, "invitation_expired"),
        ("partner", False, None, None, "invitation_other_kind"),
        ("shop", False, "org_1", None, "invitation_used"),
        ("shop", False, "org_1", "org_2", "invitation_used"),
        ("shop", True, "org_1", "org_1", None),
    ],
)
def test_an_invitation_says_why_not(
    kind: str, expired: bool, used_by: str | None, by: str | None, fault: str | None
) -> None:
    assert invitation_fault(kind, "shop", expired, used_by, by) == fault
