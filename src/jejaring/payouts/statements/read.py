"""Statements: opening, movements and closing of each pair of merchant and partner; they add up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from jejaring import world
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Invalid
from jejaring.kit.periods import day_start
from jejaring.ledger import statements
from jejaring.ledger.accounts import PARTNER_PARTS
from jejaring.ledger.statements import Movement
from jejaring.payouts import queries
from jejaring.web import language

DEFAULT_DAYS = 30
MOST_ENTRIES = 20_000
# On paper some 60 pages; and each thousand takes a second to print.
MOST_PRINTED = 3_000


@dataclass(frozen=True)
class Parts:
    """The five balances; `owed_back` as it is shown (≥ 0). `due` = the four less owed back."""

    pending: int
    held: int
    payable: int
    in_payout: int
    owed_back: int

    @property
    def due(self) -> int:
        return self.pending + self.held + self.payable + self.in_payout - self.owed_back


@dataclass(frozen=True)
class Row:
    """One movement: what it did to what is due (`amount`), and the balances after it."""

    at: datetime
    text: str
    reference: str
    amount: int
    after: Parts


@dataclass(frozen=True)
class PairStatement:
    """closing = opening + Σ movements, in each part; the two sides by handle and, for people, by
    name.
    """

    merchant: str
    partner: str
    names: tuple[str, str]
    opening: Parts
    movements: tuple[Row, ...]
    closing: Parts


def span(caller: Caller, from_: str | None, to: str | None) -> tuple[datetime, datetime]:
    """`2026-11-01` (a day in the caller's zone, the last one included) or RFC 3339, as [from, to).

    Default: the last 30 days. Invalid for anything else, or for an end that is not after its start.
    """
    end = world.now() + timedelta(seconds=1) if to is None else _instant("/to", to, caller.zone, 1)
    if from_ is None:
        start = end - timedelta(days=DEFAULT_DAYS)
    else:
        start = _instant("/from", from_, caller.zone, 0)
    if start >= end:
        raise Invalid.at("/to", "span_empty")
    return start, end


def _instant(pointer: str, raw: str, zone: str, days: int) -> datetime:
    try:
        if len(raw) == len("2026-11-01"):
            day = date.fromisoformat(raw)
            instant = day_start(day + timedelta(days=days), zone)
        else:
            instant = datetime.fromisoformat(raw)
    except (ValueError, OverflowError) as exc:
        raise Invalid.at(pointer, "bad_day") from exc
    if instant.tzinfo is None or not 1970 <= instant.year <= 2200:
        raise Invalid.at(pointer, "bad_day")
    return instant


async def statement(
    caller: Caller, within: tuple[datetime, datetime], lang: str, most: int | None = None
) -> list[PairStatement]:
    """The caller's statement with each counterpart, worded in a language.

    Invalid `statement_too_long` above `most` entries (20 000).
    """
    most = most or MOST_ENTRIES
    merchant_id = caller.organisation_id if caller.kind == "merchant" else None
    partner_id = caller.organisation_id if caller.kind == "partner" else None
    opening = await statements.opening(merchant_id, partner_id, within[0])
    moved = await statements.movements(merchant_id, partner_id, within, limit=most + 1)
    if len({movement.entry_id for movement in moved}) > most:
        raise Invalid.at("/from", "statement_too_long", most=most)
    pairs: dict[tuple[str, str], list[Movement]] = {pair: [] for pair in opening}
    for movement in moved:
        pairs.setdefault((movement.merchant_id, movement.partner_id), []).append(movement)
    people = await queries.names(one for pair in pairs for one in pair)
    return [
        _pair(
            (people[pair[0]], people[pair[1]]),
            opening.get(pair, dict.fromkeys(PARTNER_PARTS, 0)),
            pairs[pair],
            lang,
        )
        for pair in sorted(pairs, key=lambda pair: (people[pair[0]], people[pair[1]]))
    ]


def _pair(
    sides: tuple[tuple[str, str], tuple[str, str]],
    start: dict[str, int],
    moved: Sequence[Movement],
    lang: str,
) -> PairStatement:
    sums = dict(start)
    rows: list[Row] = []
    for movement in moved:
        for part, change in movement.changes.items():
            sums[part] += change
        rows.append(
            Row(
                movement.at,
                label(movement, lang),
                reference(movement),
                movement.amount,
                _parts(sums),
            )
        )
    (merchant, its_name), (partner, their_name) = sides
    names = (its_name, their_name)
    return PairStatement(merchant, partner, names, _parts(start), tuple(rows), _parts(sums))


def _parts(sums: dict[str, int]) -> Parts:
    return Parts(
        sums["pending"], sums["held"], sums["payable"], sums["in_payout"], -sums["owed_back"]
    )


def label(movement: Movement, lang: str) -> str:
    """What happened, in words: by what the entry's key begins with."""
    return language.say(lang, f"statement.{movement.key.partition(':')[0]}")


def reference(movement: Movement) -> str:
    """What the reader knows it by: the order, or the transfer."""
    for name in ("order_id", "bank_reference", "label", "reference"):
        if movement.memo.get(name):
            return str(movement.memo[name])
    return ""
