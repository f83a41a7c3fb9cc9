"""Every route refuses strangers, the wrong side and the rival. New routes are covered by being
listed in main.py: nothing here names one.
"""

import re
from collections.abc import Iterator

import httpx2
import pytest

from jejaring import main
from jejaring.identity import sessions
from jejaring.identity.models import Session
from jejaring.web import csrf
from jejaring.web.api import Endpoint
from jejaring.web.pages import Page
from tests import make
from tests.cast import Cast, Member
from tests.house import estate, filler
from tests.house.estate import Estate

PLACE = re.compile(r"\{(\w+)(?::\w+)?\}")
NOBODY = "xxx_2222222222222222222"


def _path(pattern: str, value: str) -> str:
    return PLACE.sub(lambda _: value, pattern)


def _guarded() -> list[Endpoint]:
    return [e for e in main.ENDPOINTS if e.guard.side != "public"]


def _guarded_pages() -> list[Page]:
    return [p for p in main.PAGES if p.guard.side != "public"]


async def _send(
    http: httpx2.AsyncClient, endpoint: Endpoint, path: str, headers: dict[str, str]
) -> httpx2.Response:
    return await http.request(endpoint.method, path, headers=headers, json=filler.body(endpoint))


def _others(cast: Cast, side: str) -> list[Member]:
    """Those for whom a side's routes are the wrong ones."""
    everyone = {"merchant": cast.laras, "partner": cast.rina, "operator": cast.sari}
    return [] if side == "both" else [m for kind, m in everyone.items() if kind != side]


def test_there_are_routes_to_guard() -> None:
    assert len(_guarded()) > 20
    assert len({(e.method, e.path) for e in main.ENDPOINTS}) == len(main.ENDPOINTS)
    assert len({(p.method, p.path) for p in main.PAGES}) == len(main.PAGES)


async def test_every_json_route_refuses_strangers(http: httpx2.AsyncClient, cast: Cast) -> None:
    open_doors = []
    for endpoint in _guarded():
        for headers in ({}, {"Authorization": "Bearer jjk_guess"}, {"Authorization": "Basic eA=="}):
            reply = await _send(http, endpoint, _path(endpoint.path, NOBODY), headers)
            if reply.status_code != 401:
                open_doors.append(f"{endpoint.method} {endpoint.path}: {reply.status_code}")
    assert open_doors == []


async def test_every_json_route_refuses_the_wrong_side(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    open_doors = []
    for endpoint in _guarded():
        for member in _others(cast, endpoint.guard.side):
            path = _path(endpoint.path, NOBODY)
            reply = await _send(http, endpoint, path, member.headers)
            if reply.status_code != 403:
                told = f"{member.org.kind} {endpoint.method} {endpoint.path}: {reply.status_code}"
                open_doors.append(told)
    assert open_doors == []


async def test_every_json_route_refuses_a_key_without_its_scope(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    keys = {m.org.kind: await make.key(m.org, frozenset()) for m in (cast.laras, cast.rina)}
    open_doors = []
    for endpoint in _guarded():
        side = "merchant" if endpoint.guard.side == "both" else endpoint.guard.side
        headers = {"Authorization": f"Bearer {keys[side]}"}
        reply = await _send(http, endpoint, _path(endpoint.path, NOBODY), headers)
        if endpoint.guard.scope is not None and reply.status_code != 403:
            open_doors.append(f"{endpoint.method} {endpoint.path}: {reply.status_code}")
    assert open_doors == []


@pytest.fixture
async def owned(http: httpx2.AsyncClient, cast: Cast) -> Estate:
    """What Laras and Rina have."""
    return await estate.build(http, cast)


def _rivals(cast: Cast, side: str) -> list[Member]:
    found = {"merchant": [cast.bukit], "partner": [cast.dimas]}
    return found.get(side, [cast.bukit, cast.dimas])


async def _same_as_nothing(
    http: httpx2.AsyncClient, endpoint: Endpoint, rival: Member, owned_id: str
) -> str | None:
    """What is wrong with the answer to a rival who asks for an id of Laras; None if nothing is.

    The answer is 404 (a wrong body may be said first), and the same as for an id of nobody.
    """
    reply = await _send(http, endpoint, _path(endpoint.path, owned_id), rival.headers)
    if reply.status_code == 404:
        return None
    nobody = await _send(http, endpoint, _path(endpoint.path, NOBODY), rival.headers)
    alike = reply.text.replace(owned_id, NOBODY) == nobody.text
    if alike and reply.status_code == 422 and "errors" in reply.json():
        return None
    return f"{endpoint.method} {endpoint.path} ({owned_id[:3]}): {reply.status_code}"


async def test_a_rival_finds_nothing_by_id_and_changes_nothing(owned: Estate) -> None:
    before = await owned.rows()
    leaks = set()
    for endpoint in _guarded():
        if not PLACE.search(endpoint.path):
            continue
        upserts = endpoint.method == "PUT"  # by a name of one's own: only nothing may change
        for rival in _rivals(owned.cast, endpoint.guard.side):
            for owned_id in sorted(owned.ids):
                wrong = await _same_as_nothing(owned.http, endpoint, rival, owned_id)
                if wrong and not upserts:
                    leaks.add(wrong)
    assert not leaks, "\n".join(sorted(leaks))
    after = await owned.rows()
    assert {key: after.get(key) for key in before} == before


async def test_a_rivals_lists_name_nothing_of_others(owned: Estate) -> None:
    leaks = []
    for endpoint in _guarded():
        if endpoint.method != "GET" or PLACE.search(endpoint.path):
            continue
        for rival in _rivals(owned.cast, endpoint.guard.side):
            reply = await _send(owned.http, endpoint, endpoint.path, rival.headers)
            if reply.status_code >= 500 or any(i in reply.text for i in owned.ids):
                leaks.append(f"{endpoint.path}: {reply.status_code}")
    assert not leaks, "\n".join(leaks)


async def test_every_reading_route_shows_its_owner_something(owned: Estate) -> None:
    """Else the tests above ask for things that are not there."""
    blind = []
    for endpoint in _guarded():
        if endpoint.method != "GET" or len(PLACE.findall(endpoint.path)) != 1:
            continue
        owners = {"merchant": [owned.cast.laras], "partner": [owned.cast.rina]}
        seen = [
            (await _send(owned.http, endpoint, _path(endpoint.path, i), member.headers)).status_code
            for member in owners.get(endpoint.guard.side, [owned.cast.laras, owned.cast.rina])
            for i in sorted(owned.ids | owned.codes)
        ]
        if not any(status != 404 for status in seen):
            blind.append(f"{endpoint.path}: add such a thing to tests/house/estate.py")
        assert max(seen) < 500, endpoint.path
    assert blind == []


async def _sign_in(http: httpx2.AsyncClient, member: Member, role: str | None = None) -> str:
    """Sign in as the member's owner, or as a new person with the role; the form token."""
    user = member.user
    if role is not None:
        user = await make.user()
        await make.membership(user, member.org, role)
    token = await sessions.open(user.id)
    http.cookies.clear()
    http.cookies.set(sessions.cookie_name(), token)
    return csrf.masked((await Session.get(token_hash=sessions.hash_of(token))).form_token)


async def _visit(http: httpx2.AsyncClient, page: Page, value: str, token: str) -> httpx2.Response:
    data = {"csrf": token} if page.method == "POST" else None
    return await http.request(page.method, _path(page.path, value), data=data)


async def test_every_page_sends_strangers_to_sign_in(http: httpx2.AsyncClient, cast: Cast) -> None:
    open_doors = []
    for page in _guarded_pages():
        reply = await _visit(http, page, NOBODY, "")
        way = reply.headers.get("location", "")
        if reply.status_code != 303 or not way.startswith("/signin?next=/"):
            open_doors.append(f"{page.method} {page.path}: {reply.status_code} {way}")
    assert open_doors == []


async def test_every_page_is_unknown_to_the_wrong_side(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    open_doors = []
    for member in (cast.laras, cast.rina, cast.sari):
        token = await _sign_in(http, member)
        for page in _guarded_pages():
            if page.guard.side not in ("both", member.org.kind):
                reply = await _visit(http, page, NOBODY, token)
                if reply.status_code != 404:
                    told = f"{member.org.kind} {page.method} {page.path}: {reply.status_code}"
                    open_doors.append(told)
    assert open_doors == []


async def test_no_form_is_taken_without_its_token(http: httpx2.AsyncClient, cast: Cast) -> None:
    open_doors = []
    for member in (cast.laras, cast.rina, cast.sari):
        await _sign_in(http, member)
        for page in _guarded_pages():
            if page.method == "POST" and page.guard.side in ("both", member.org.kind):
                reply = await _visit(http, page, NOBODY, "")
                if reply.status_code != 403:
                    open_doors.append(f"{member.org.kind} {page.path}: {reply.status_code}")
    assert open_doors == []


async def test_a_viewer_changes_nothing(http: httpx2.AsyncClient, cast: Cast) -> None:
    open_doors = []
    for member in (cast.laras, cast.rina):
        token = await _sign_in(http, member, "viewer")
        for page in _guarded_pages():
            own = page.guard.side in ("both", member.org.kind)
            act = getattr(page.guard, "act", "read")
            if own and act != "self" and (page.method == "POST" or act != "read"):
                reply = await _visit(http, page, NOBODY, token)
                if reply.status_code not in (403, 404):
                    open_doors.append(f"{page.method} {page.path}: {reply.status_code}")
    assert open_doors == []


def _pages_of(kind: str, *, with_id: bool) -> Iterator[Page]:
    for page in _guarded_pages():
        if page.guard.side in ("both", kind) and bool(PLACE.search(page.path)) == with_id:
            yield page


async def _page_as_of_nothing(
    http: httpx2.AsyncClient, page: Page, owned_id: str, token: str
) -> str | None:
    """The same for pages: 404, or an empty form is sent back as it is for an id of nobody."""
    reply = await _visit(http, page, owned_id, token)
    if reply.status_code == 404:
        return None
    nobody = await _visit(http, page, NOBODY, token)
    alike = (reply.status_code, reply.headers.get("location", "").replace(owned_id, NOBODY)) == (
        nobody.status_code,
        nobody.headers.get("location", ""),
    )
    if alike and page.method == "POST" and reply.status_code in (303, 422):
        return None
    return f"{page.method} {page.path} ({owned_id[:3]}): {reply.status_code}"


async def test_a_rival_finds_no_page_by_id_and_changes_nothing(owned: Estate) -> None:
    before = await owned.rows()
    leaks = set()
    for rival in (owned.cast.bukit, owned.cast.dimas):
        token = await _sign_in(owned.http, rival)
        for page in _pages_of(rival.org.kind, with_id=True):
            for owned_id in owned.hidden_from(rival):
                wrong = await _page_as_of_nothing(owned.http, page, owned_id, token)
                if wrong:
                    leaks.add(wrong)
    assert not leaks, "\n".join(sorted(leaks))
    after = await owned.rows()
    assert {key: after.get(key) for key in before} == before


async def test_a_rivals_pages_name_nothing_of_others(owned: Estate) -> None:
    leaks = []
    for rival in (owned.cast.bukit, owned.cast.dimas):
        await _sign_in(owned.http, rival)
        for page in _pages_of(rival.org.kind, with_id=False):
            if page.method == "GET":
                reply = await _visit(owned.http, page, "", "")
                if reply.status_code >= 500 or any(i in reply.text for i in owned.ids):
                    leaks.append(f"{page.path}: {reply.status_code}")
    assert not leaks, "\n".join(leaks)
