"""From a hit as the redirect saw it to the row that is stored; no address is kept."""

import hashlib
from datetime import date, datetime
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
Row = tuple[str, ...]


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
    visitor's daily hash. All of it text, as both databases read it fastest: what is not known is
    '', a truth is 0 or 1.
    """
    left = agents.QUESTIONS_A_BATCH
    rows: list[Row] = []
    for hit in hits:
        click_id, at, entry, scan, kind, own, visitor, returning, _, raw_agent, referrer = hit
        agent = agents.at_once(raw_agent)
        if not agent.sure and left:
            agent = agents.for_sure(raw_agent)
            left -= 1
        if kind == PERSON:
            kind = agent.kind
        seconds = at.timestamp()
        daily, repeat = "", False
        if kind == PERSON:
            daily = _daily_hash(hit)
            # A newcomer's cookie is not remembered: most never come back, and who does is asked
            # about (`questions`).
            repeat = visits.was_here(entry.link_id, visitor if returning else daily, seconds)
        else:
            visitor = ""
        rows.append((
            click_id, time_of(at), entry.link_id,
            *entry.owner, entry.product_id or "", kind, "scan" if scan else "link",
            "1" if repeat else "0", "1" if own else "0", visitor, daily,
            (host_of(referrer.decode("latin-1")) or "") if referrer else "", agent.device,
        ))  # fmt: skip
    return rows


def time_of(at: datetime) -> str:
    """A time in UTC as the ORM writes it on SQLite."""
    return at.isoformat(" ", "microseconds")


@lru_cache(maxsize=2)
def _salted(day: date) -> "hashlib.blake2b":
    """The day's keyed hash, before anything was said to it. The salt is of the UTC day."""
    key = bytes.fromhex(sealing.blind("visitor", day.isoformat()))
    return hashlib.blake2b(key=key, digest_size=12)


def _daily_hash(hit: Hit) -> str:
    """Of the network and the agent: tomorrow the same visitor has another, and without the key
    nobody can tell whose it is.
    """
    said = _salted(hit.at.date()).copy()
    said.update(f"{network_of(hit.address)}|".encode() + hit.agent)
    return said.hexdigest()
