"""The paths of a shop's and the operator's pages, filled with things of the little world."""

from collections.abc import Sequence

import httpx2

from jejaring.web.pages import Page
from tests import make
from tests.cast import Cast
from tests.dashboards import partner_world
from tests.dashboards.partner_world import World


def paths(pages: Sequence[Page], method: str) -> list[str]:
    return [page.path for page in pages if page.method == method]


async def ids(http: httpx2.AsyncClient, cast: Cast) -> dict[str, str]:
    """Ids of Laras's things by the name that paths give them; the campaign is live."""
    world = await partner_world.build(http, cast)
    return await ids_of(cast, world)


async def ids_of(cast: Cast, world: World) -> dict[str, str]:
    stage = world.stage
    run = await stage.send("POST", "/v1/payout-runs", {})
    sale = (await stage.send("GET", "/v1/sales")).json()["data"][0]
    site = await make.site(cast.laras.org, "sogan.id", verified_at=None, verified_by=None)
    asked = await make.campaign(cast.laras.org, name="Untuk yang diundang", joining="approval")
    place = await make.enrolment(
        asked, cast.dimas.org, state="requested", approved_at=None, approved_by=None,
        answers={"Di mana?": "Di pasar"},
    )  # fmt: skip
    return {
        "campaign_id": stage.campaign.id,
        "product_id": stage.product.id,
        "partner_id": cast.rina.id,
        "sale_id": sale["id"],
        "creator_id": "crn_none",
        "rule_key": "1",
        "submission_id": "sub_none",
        "commission_id": sale["commissions"][0]["id"],
        "case_id": "rvc_none",
        "appeal_id": "apl_none",
        "run_id": run.json()["id"],
        "payout_id": world.payout_id,
        "enrolment_id": place.id,
        "site_id": site.id,
        "user_id": cast.laras.user.id,
        "invitation_id": "inv_none",
        "key_id": "key_none",
        "shop_id": cast.laras.id,
        "job_id": "1",
    }


def filled(path: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        path = path.replace("{" + name + "}", value)
    return path
