"""The guards: strangers, the wrong side, viewers, and forms."""

import pytest

from jejaring.identity import guards, sessions
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Forbidden, NotFound
from jejaring.web.problems import SignInNeeded
from tests import make
from tests.cast import Cast
from tests.foundation.test_identity_signin import asking


async def token(cast: Cast, role: str = "owner") -> str:
    """A session of somebody with this role in Laras's shop."""
    user = await make.user()
    await make.membership(user, cast.laras.org, role)
    return await sessions.open(user.id)


@pytest.mark.parametrize(
    ("side", "method", "query", "back"),
    [
        ("merchant", "GET", b"", "/merchant/sales"),
        ("merchant", "HEAD", b"q=1", "/merchant/sales?q=1"),
        ("merchant", "POST", b"q=1", "/merchant"),
        ("both", "POST", b"", "/"),
    ],
)
async def test_a_stranger_is_sent_to_sign_in_and_back(
    db: None, side: str, method: str, query: bytes, back: str
) -> None:
    request = asking(None, method=method, path="/merchant/sales", query_string=query)
    with pytest.raises(SignInNeeded) as sent:
        await guards.signed_in(side)(request)
    assert sent.value.next_path == back


@pytest.mark.parametrize("side", ["partner", "operator"])
@pytest.mark.parametrize("act", ["read", "settings"])
async def test_a_page_of_the_other_side_does_not_exist(cast: Cast, side: str, act: str) -> None:
    with pytest.raises(NotFound):
        await guards.signed_in(side, act)(asking(await token(cast)))


@pytest.mark.parametrize(
    ("role", "method", "act", "may"),
    [
        ("viewer", "GET", "read", True),
        ("viewer", "HEAD", "read", True),
        ("viewer", "POST", "read", False),
        ("viewer", "POST", "self", True),
        ("viewer", "GET", "edit", False),
        ("viewer", "POST", "edit", False),
        ("finance", "POST", "read", False),
        ("finance", "POST", "approve", True),
        ("manager", "POST", "read", True),
        ("manager", "POST", "approve", False),
        ("owner", "POST", "settings", True),
    ],
)
async def test_a_role_opens_its_acts_only(
    cast: Cast, role: str, method: str, act: str, may: bool
) -> None:
    request = asking(await token(cast, role), method=method)
    guard = guards.signed_in("merchant", act)
    if may:
        assert (await guard(request)).role == role
        return
    with pytest.raises(Forbidden, match="role_forbids"):
        await guard(request)


async def test_everybody_is_let_in_with_or_without_a_session(cast: Cast) -> None:
    assert await guards.everybody(asking()) is None
    known = await guards.everybody(asking(await token(cast)))
    assert isinstance(known, Caller)


async def test_a_key_of_the_wrong_side_or_scope_is_forbidden(cast: Cast) -> None:
    headers = [(b"authorization", f"bearer {cast.rina.key}".encode())]
    request = asking(None, headers=headers)
    with pytest.raises(Forbidden, match="wrong_side"):
        await guards.merchant("sales")(request)
    assert (await guards.partner("links")(request)).slug == "rina"
    poor = await make.key(cast.rina.org, frozenset({"stats"}))
    request = asking(None, headers=[(b"authorization", f"Bearer {poor}".encode())])
    with pytest.raises(Forbidden, match="scope_missing"):
        await guards.partner("links")(request)
    with pytest.raises(Forbidden, match="scope_missing"):
        await guards.both("campaigns or join")(request)
    assert (await guards.both("campaigns or stats")(request)).slug == "rina"


@pytest.mark.parametrize(
    ("query", "form", "goes"),
    [
        (b"next=/partner/links", None, "/partner/links"),
        (b"next=//evil.example", None, "/"),
        (b"", {"next": "/join/cmp_1"}, "/join/cmp_1"),
        (b"", {"next": 5}, "/"),
        (b"", None, "/"),
    ],
)
def test_next_comes_from_the_query_or_the_form(
    query: bytes, form: dict[str, object] | None, goes: str
) -> None:
    request = asking(None, query_string=query)
    if form is not None:
        request.state.form = form
    assert guards.next_of(request) == goes
