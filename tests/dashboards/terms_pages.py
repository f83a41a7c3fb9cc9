"""A shop at its terms' pages."""

import re
from typing import Any

import httpx2

from campaigns.lifecycle.models import Campaign
from campaigns.terms.models import TermsVersion
from tests import make
from tests.cast import Member, sign_in


class Writer:
    """A shop at its terms: `at` is the terms' page, `below` where its parts are."""

    def __init__(self, http: httpx2.AsyncClient, csrf: str, row: Campaign) -> None:
        self.http, self.csrf, self.row = http, csrf, row
        self.below = f"/merchant/campaigns/{row.id}/terms"
        self.at = (
            self.below if row.state != "draft" else f"/merchant/campaigns/{row.id}/draft/terms"
        )

    async def do(self, what: str, **sent: str) -> httpx2.Response:
        """The page's form, sent by the button `what`."""
        return await self.http.post(self.at, data={"csrf": self.csrf, "do": what, **sent})

    async def page(self) -> str:
        """The page as it is now."""
        reply = await self.http.get(self.at)
        assert reply.status_code == 200
        return reply.text

    async def key(self, kind: str) -> str:
        """The key of a new rule of this kind."""
        page = (await self.http.get(f"{self.below}/rules/new?kind={kind}")).text
        found = re.search(r"/terms/rules/(rul_\w+)", page)
        assert found is not None
        return found[1]

    async def rule(self, kind: str, key: str | None = None, **sent: Any) -> httpx2.Response:
        """A rule's form, sent."""
        key = key or await self.key(kind)
        data = {"csrf": self.csrf, "kind": kind, **sent}
        return await self.http.post(f"{self.below}/rules/{key}", data=data)

    async def latest(self) -> dict[str, Any]:
        """The newest version's body."""
        row = await TermsVersion.filter(campaign_id=self.row.id).order_by("-number").first()
        assert row is not None
        return dict(row.body)


async def writer(http: httpx2.AsyncClient, who: Member, *, live: bool = False) -> Writer:
    """A campaign of the shop, a draft unless `live`, whose owner is signed in."""
    more = {} if live else {"state": "draft", "launched_at": None}
    row = await make.campaign(who.org, **more)
    return Writer(http, await sign_in(http, who), row)
