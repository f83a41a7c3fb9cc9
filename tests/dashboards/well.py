"""What every page must be, and a product that somebody's click leads to."""

import gzip
import re
from typing import Any

import httpx2

from jejaring import world
from jejaring.web import assets
from referrals.clicks.models import Click
from tests import make
from tests.cast import Cast

INDONESIAN = re.compile(r"\b(dan|untuk|yang|Anda|dari|belum|toko|mitra|bisa|dengan)\b")
PASSWORD = "kalimat pendek yang mudah"


def well_made(reply: httpx2.Response) -> None:
    """One language, one h1, no inline style or script, and light with all that it loads."""
    page = reply.text
    assert re.search(r'<html lang="(id|en)">', page)
    assert len(re.findall(r"<h1[ >]", page)) == 1
    assert not re.search(r'\sstyle=|<style|\son[a-z]+="|<script(?![^>]+src=)', page)
    assert "Undefined" not in page
    files = [assets._file(name)[0] for name in ("app.css", "app.js", "mark.svg")]
    total = sum(len(gzip.compress(part, 9)) for part in (reply.content, *files))
    assert total <= 40_000
    for label in re.findall(r'<label for="([^"]+)"', page):
        assert f'id="{label}"' in page


async def set_up(cast: Cast, **product: Any) -> tuple[Any, Any, Click]:
    one = await make.product(cast.laras.org, slug="jlamprang", **product)
    campaign = await make.campaign(cast.laras.org, one)
    enrolment = await make.enrolment(campaign, cast.rina.org)
    await make.coupon(enrolment, "RINA10")
    click = await Click.create(
        id=world.token(22), at=world.now(), link_id="lnk_1", enrolment_id=enrolment.id,
        campaign_id=campaign.id, merchant_id=cast.laras.id, partner_id=cast.rina.id,
        product_id=one.id, kind="person", via="click",
    )  # fmt: skip
    return one, campaign, click
