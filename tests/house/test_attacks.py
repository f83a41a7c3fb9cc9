"""Nobody brings the house down with an address or an empty form: what cannot be read is refused,
never a fault. New pages and routes are covered by being listed in main.py.
"""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from starlette.datastructures import QueryParams

from dashboards.frame.pages import LAST
from jejaring import main
from jejaring.web import language
from jejaring.web.pages import Page
from tests.cast import Cast, Member, sign_in
from tests.house import estate
from tests.house.estate import Estate

PLACE = re.compile(r"\{(\w+)(?::\w+)?\}")


def _cursor(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


GARBAGE = [
    "",
    "\0",
    "x\0y\r\nSet-Cookie: a=b",
    "é" * 1_000,
    "²",
    "٣",
    "--5.x",
    "-1",
    "9" * 5_000,
    "0001-01-01T00:00:00+14:00",
    "9999-12-31",
    "%",
    "{0.__class__}",
    "x" * 400,
    _cursor(["1970-01-01T00:00:00+23:59", "\0"]),
    _cursor(["2026-01-01T00:00:00+00:00", "x" * 3_000]),
    _cursor([["2026"], {}]),
    base64.urlsafe_b64encode(b"[" * 30_000).decode(),
]
PLACES = ["\0", "x" * 3_000, "é", "%2e%2e", "..", "²", "a\r\nb", "'\"><svg onload=alert(1)>"]


def _path(pattern: str, value: str) -> str:
    return PLACE.sub(lambda _: quote(value, safe=""), pattern)


def _pages(method: str, side: str) -> Iterator[Page]:
    for page in (*main.PAGES, *LAST):
        if page.method == method and page.guard.side in ("public", "both", side):
            yield page


@pytest.fixture
async def owned(http: httpx2.AsyncClient, cast: Cast) -> Estate:
    """What Laras and Rina have."""
    return await estate.build(http, cast)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of query parameters that were asked for since it was last cleared."""
    names: set[str] = set()
    plain = QueryParams.get

    def get(self: QueryParams, key: Any, default: Any = None) -> Any:
        names.add(key)
        return plain(self, key, default)

    monkeypatch.setattr(QueryParams, "get", get)
    return names


async def _as(http: httpx2.AsyncClient, member: Member) -> str:
    http.cookies.clear()
    return await sign_in(http, member)


def _members(owned: Estate) -> list[Member]:
    return [owned.cast.laras, owned.cast.rina, owned.cast.sari]


async def _standing(owned: Estate, page: Page) -> str | None:
    """An address under which the page shows something."""
    if not PLACE.search(page.path):
        return page.path
    own = [m.org.slug for m in _members(owned)]
    for value in (*own, *sorted(owned.ids), *(m.id for m in _members(owned)), *owned.codes):
        path = _path(page.path, value)
        if (await owned.http.get(path)).status_code == 200:
            return path
    return None


async def test_no_page_falls_over_its_query(owned: Estate, asked: set[str]) -> None:
    faults = []
    for member in _members(owned):
        await _as(owned.http, member)
        for page in _pages("GET", member.org.kind):
            path = await _standing(owned, page)
            if path is None:
                continue
            asked.clear()
            await owned.http.get(path)
            for name in sorted(asked):
                for garbage in GARBAGE:
                    reply = await owned.http.get(path, params={name: garbage})
                    if reply.status_code >= 500:
                        faults.append(f"{page.path}?{name}={garbage[:40]!r}")
    assert not faults, "\n".join(faults)


async def test_no_json_route_falls_over_its_query(owned: Estate) -> None:
    faults = []
    for endpoint in main.ENDPOINTS:
        model = endpoint.hints.get("query")
        if endpoint.method != "GET" or model is None:
            continue
        sides = {"merchant": owned.cast.laras, "partner": owned.cast.rina}
        member = sides.get(endpoint.guard.side, owned.cast.laras)
        value = next(iter(owned.codes)) if endpoint.guard.side == "public" else "batik-laras"
        for name, field in model.model_fields.items():
            for garbage in GARBAGE:
                reply = await owned.http.get(
                    _path(endpoint.path, value),
                    params={field.alias or name: garbage},
                    headers=member.headers,
                )
                if reply.status_code >= 500:
                    faults.append(f"{endpoint.path}?{name}={garbage[:40]!r}")
    assert not faults, "\n".join(faults)


async def test_no_message_falls_over_its_values(http: httpx2.AsyncClient, db: None) -> None:
    faults = []
    codes = [code for code in language.catalogue("id") if code.startswith("flash.")]
    assert len(codes) > 20
    for code in codes:
        named = re.findall(r"\{(\w+)", language.catalogue("id")[code])
        for garbage in GARBAGE[:-1] if named else [""]:
            query = dict.fromkeys((*named, "zone", "code", "language", "self"), garbage)
            reply = await http.get("/", params={"pesan": code.removeprefix("flash."), **query})
            if reply.status_code >= 500:
                faults.append(f"{code} {garbage[:40]!r}")
    assert not faults, "\n".join(faults)


async def test_no_address_is_too_odd(owned: Estate) -> None:
    faults = []
    for member in _members(owned):
        token = await _as(owned.http, member)
        for page in (*_pages("GET", member.org.kind), *_pages("POST", member.org.kind)):
            for value in PLACES if PLACE.search(page.path) else []:
                data = {"csrf": token} if page.method == "POST" else None
                reply = await owned.http.request(page.method, _path(page.path, value), data=data)
                if reply.status_code >= 500:
                    faults.append(f"{page.method} {page.path} {value[:40]!r}")
        for endpoint in main.ENDPOINTS:
            for value in PLACES if PLACE.search(endpoint.path) else []:
                path = _path(endpoint.path, value)
                reply = await owned.http.request(
                    endpoint.method, path, headers=member.headers, json={}
                )
                if reply.status_code >= 500:
                    faults.append(f"{endpoint.method} {endpoint.path} {value[:40]!r}")
    assert not faults, "\n".join(faults)


async def test_every_empty_form_is_answered(owned: Estate) -> None:
    """And one with a file, a NUL or too much where text belongs."""
    faults = []
    for member in _members(owned):
        token = await _as(owned.http, member)
        for page in list(_pages("POST", member.org.kind)):
            if page.path == "/signout":
                continue
            for value in [*sorted(owned.ids), "batik-laras"] if PLACE.search(page.path) else [""]:
                reply = await owned.http.post(_path(page.path, value), data={"csrf": token})
                if not 300 <= reply.status_code < 500 and reply.status_code not in (200, 201):
                    faults.append(f"{page.path} {value}: {reply.status_code}")
    assert not faults, "\n".join(faults)
