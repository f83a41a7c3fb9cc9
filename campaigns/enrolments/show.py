"""Campaigns put together for their replies: terms, words, products, counts; no query in a loop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from campaigns.catalog.models import Product
from campaigns.enrolments.queries import counts
from campaigns.enrolments.rules import TierRule
from campaigns.enrolments.shapes import CampaignOut, Counts, VersionOut, explained, worked
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.queries import products, state_of
from campaigns.terms import versions
from campaigns.terms.issue import shown
from campaigns.terms.models import TermsVersion
from campaigns.terms.rules import Terms
from campaigns.terms.shapes import TermsOut
from campaigns.terms.stored import read
from jejaring import world
from jejaring.kit.periods import DEFAULT_ZONE
from jejaring.settings import settings

EXAMPLE_PRICE = 100_000


async def campaigns(rows: Sequence[Campaign], zone: str = DEFAULT_ZONE) -> list[CampaignOut]:
    """The campaigns whole, in the order given; four queries however many there are."""
    ids = [row.id for row in rows]
    known = await versions.all_of(ids)
    told = {row.id: promised(row, known[row.id]) for row in rows}
    covered = await products(ids)
    joined = await counts(ids)
    named = await _named([read(v.body) for one in told.values() for v in one.all], covered)
    return [
        _shown(
            row,
            told[row.id],
            covered.get(row.id, []),
            named,
            Counts(**joined[row.id]),
            zone,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class Promised:
    """The version of the terms that counts, and those that are only announced."""

    now: TermsVersion
    announced: Sequence[TermsVersion] = ()

    @property
    def all(self) -> list[TermsVersion]:
        return [self.now, *self.announced]


def promised(row: Campaign, known: Sequence[TermsVersion]) -> Promised:
    """Of a campaign's versions (in the order of their coming into force) the one in force and
    those to come. A draft promises nothing yet: its latest version is what it will be.
    """
    if row.state == "draft":
        return Promised(max(known, key=lambda version: version.number))
    now = world.now()
    begun = [version for version in known if version.effective_at <= now]
    return Promised(begun[-1], known[len(begun) :]) if begun else Promised(known[0], known[1:])


async def campaign(row: Campaign, zone: str = DEFAULT_ZONE) -> CampaignOut:
    """One campaign, whole."""
    return (await campaigns([row], zone))[0]


async def terms_versions(
    rows: Sequence[TermsVersion], zone: str = DEFAULT_ZONE
) -> list[VersionOut]:
    """Versions of the terms with their sentences, in the order given."""
    read_rows = [read(row.body) for row in rows]
    names = {pid: name for pid, (name, _) in (await _named(read_rows, {})).items()}
    return _versions(rows, names, zone)


def _versions(
    rows: Sequence[TermsVersion], names: Mapping[str, str], zone: str
) -> list[VersionOut]:
    return [
        VersionOut(
            **{name: getattr(shown(row), name) for name in TermsOut.model_fields},
            campaign_id=row.campaign_id,
            explain=explained(read(row.body), names, zone),
        )
        for row in rows
    ]


async def _named(
    terms: Sequence[Terms], covered: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, int]]:
    """Name and price of the products that conditions name, and of each campaign's first."""
    wanted = {pid for one in terms for rule in one.rules for pid in rule.when.product_id or ()}
    wanted |= {pid for one in terms for pid in one.prices}
    wanted |= {product_ids[0] for product_ids in covered.values()}
    if not wanted:
        return {}
    rows = await Product.filter(id__in=list(wanted)).values_list("id", "name", "price")
    return {pid: (name, price) for pid, name, price in rows}


def tier_rule_of(row: Campaign) -> TierRule | None:
    """What moves the tiers of the campaign's partners."""
    raw = row.tier_rule
    if raw is None:
        return None
    return TierRule(str(raw["by"]), int(str(raw["silver"])), int(str(raw["gold"])))


def _shown(
    row: Campaign,
    terms_of: Promised,
    product_ids: list[str],
    named: Mapping[str, tuple[str, int]],
    joined: Counts,
    zone: str,
) -> CampaignOut:
    terms = read(terms_of.now.body)
    price = named[product_ids[0]][1] if product_ids else EXAMPLE_PRICE
    names = {product_id: name for product_id, (name, _) in named.items()}
    own = {n: getattr(row, n) for n in CampaignOut.model_fields if hasattr(row, n)}
    return CampaignOut(
        **own
        | {
            "state": state_of(row),
            "product_ids": product_ids,
            "terms": shown(terms_of.now),
            "announced": _versions(terms_of.announced, names, zone),
            "explain": explained(terms, names, zone, tier_rule_of(row)),
            "example": worked(terms, price or EXAMPLE_PRICE, zone),
            "enrolments": joined,
            "join_url": f"{settings().base}/join/{row.id}",
        }
    )
