"""From a hit as the redirect saw it to the row that is stored; no address is kept."""

import hashlib
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from jejaring.identity import sealing
from referrals.clicks import agents, visits
from referrals.clicks.rules import PERSON, host_of, network_of
from referrals.links.lookup import Entry

COLUMNS = (
    "id", "at", "link_id", "enrolment_id", "campaign_id", "merchant_id", "partner_id",
    "product_id", "kind", "via", "repeat", "own", "visitor", "visitor_hash", "referrer", "device",
)  # fmt: skip
KIND = COLUMNS.index("kind")
Row = tuple[object, ...]


class Hit(NamedTuple):
    """One request for a link. `returning`: the visitor's cookie came with it; `address` lives only
    until the row is made.
    """

    id: str
    at: datetime
    entry: Entry
    scan: bool
    kind: str
    own: bool
    visitor: str
    returning: bool
    address: str
    agent: bytes
    referrer: bytes


class Question(NamedTuple):
    """Whether a visitor of whom this process knows nothing hit the link lately."""

    merchant_id: str
    link_id: str
    visitor: str
    at: datetime


def questions(hits: list[Hit]) -> list[Question]:
    """What must be looked up before the rows can be made: cookies that are not in memory."""
    return [
        Question(hit.entry.owner.merchant_id, hit.entry.link_id, hit.visitor, hit.at)
        for hit in hits
        if hit.returning
        and hit.kind == PERSON
        and not visits.is_known(hit.entry.link_id, hit.visitor)
    ]


def rows_of(hits: list[Hit]) -> list[Row]:
    """The rows, with what the redirect had no time for: the big list of crawlers, repeats, the
    visitor's daily hash.
    """
    left = agents.QUESTIONS_A_BATCH
    rows: list[Row] = []
    for hit in hits:
        agent = agents.at_once(hit.agent)
        if not agent.sure and left:
            agent = agents.for_sure(hit.agent)
            left -= 1
        kind = hit.kind if hit.kind != PERSON else agent.kind
        rows.append(_row(hit, kind, agent.device))
    return rows


def _row(hit: Hit, kind: str, device: str) -> Row:
    entry = hit.entry
    visitor: str | None = None
    daily: str | None = None
    repeat = False
    if kind == PERSON:
        visitor = hit.visitor
        daily = _daily_hash(hit)
        seconds = hit.at.timestamp()
        if hit.returning:
            repeat = visits.was_here(entry.link_id, visitor, seconds)
        else:
            repeat = visits.was_here(entry.link_id, daily, seconds)
            visits.was_here(entry.link_id, visitor, seconds)
    referrer = host_of(hit.referrer.decode("latin-1")) if hit.referrer else None
    owner = entry.owner
    return (
        hit.id, hit.at, entry.link_id, owner.enrolment_id, owner.campaign_id, owner.merchant_id,
        owner.partner_id, entry.product_id, kind, "scan" if hit.scan else "link", repeat, hit.own,
        visitor, daily, referrer, device,
    )  # fmt: skip


@lru_cache(maxsize=2)
def _key_of(day: str) -> bytes:
    return bytes.fromhex(sealing.blind("visitor", day))


def _daily_hash(hit: Hit) -> str:
    """Keyed, with a salt of the (UTC) day, over the network and the agent: tomorrow the same
    visitor has another, and without the key nobody can tell whose it is.
    """
    said = f"{network_of(hit.address)}|".encode() + hit.agent
    key = _key_of(hit.at.date().isoformat())
    return hashlib.blake2b(said, key=key, digest_size=12).hexdigest()
