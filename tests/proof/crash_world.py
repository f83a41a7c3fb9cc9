"""The whole world as text that two runs share: ids become names, times become whether there is one.

Every table is read; what is left out, and why, is listed here.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from tests.proof.crash_rows import rows, tables

World = dict[str, list[str]]
Row = dict[str, Any]
# Whereabouts of this process, secrets, and marks of how far something was read.
LEFT_OUT = {
    "tortoise_migrations", "beat", "session", "one_time_link", "api_key", "app_user", "membership",
    "rollup_mark", "review_mark", "kept_reply",
}  # fmt: skip
# Drawn by chance, or how often something was looked at.
CHANCE = {
    "id", "seq", "event_id", "lines_hash", "content_hash", "number_sealed", "method_sealed",
    "locked_by", "attempts", "visitor", "visitor_hash", "version", "last_error",
}  # fmt: skip
_ID = re.compile(r"\b[a-z]{3}_[2-9A-HJ-NP-Za-km-z]{19}\b")
_CLICK = re.compile(r"\b[2-9A-HJ-NP-Za-km-z]{22}\b")
_REFERENCE = re.compile(r"\bJJ\d{6}-[A-Z0-9]{8}\b")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z)?")


class Names:
    """What each id is called: by its business key, not by chance."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def call(self, one: str, name: str) -> None:
        self.known[one] = self.plain(name)

    def plain(self, text: str) -> str:
        """The text with every known id by its name; unknown ones are all alike."""
        text = _REFERENCE.sub("reference", text)
        return _CLICK.sub("click", _ID.sub(lambda found: self.known.get(found[0], "~"), text))


# How the rows of a table are called, those first whose names the later ones have in theirs. A
# commission's key may have another's id in it: a recruiter's share, what came later.
_CALLED = (
    ("organisation", "{slug}"),
    ("api_key", "key of {organisation_id}"),
    ("product", "product {sku}"),
    ("campaign", "campaign {name}"),
    ("terms_version", "terms {campaign_id} {number}"),
    ("enrolment", "place {campaign_id} {partner_id}"),
    ("link", "link {enrolment_id} {label}"),
    ("coupon", "coupon {code}"),
    ("sale", "sale {order_id}"),
    ("sale_line", "{sale_id}/{position}"),
    ("refund", "{kind} {order_id} {refund_id}"),
    ("submission", "post {url}"),
    ("goodwill", "goodwill {reference}"),
    *[("commission", "commission {key}")] * 3,
    ("payout_run", "run {number}"),
    ("payout", "payout {run_id} {partner_id}"),
    ("true_up", "month {enrolment_id} {rule} {month}"),
)


def _told_apart(events: list[Row]) -> list[Row]:
    """One row for each commission that an event tells of: how many one tells of at once is a
    matter of who was at work when.
    """
    rows = []
    for event in events:
        data = event["data"]
        several = data.get("commissions") or [None]
        rows += [event | {"data": data | {"commissions": one}, "subject": ""} for one in several]
    return rows


def _named(of: Mapping[str, list[Row]]) -> Names:
    names = Names()
    runs = [row for row in of["payout_run"] if row["approved_at"] is not None]
    numbers = {id(row): n for n, row in enumerate(sorted(runs, key=_approved), 1)}
    for table, called in _CALLED:
        for row in of[table]:
            number = numbers.get(id(row), row.get("number", ""))
            names.call(row["id"], called.format(**{**row, "number": number}))
    entries = {row["id"]: f"{row['merchant_id']} {row['key']}" for row in of["ledger_entry"]}
    for row in of["ledger_posting"]:
        row["entry_id"] = entries.get(row["entry_id"], "no entry")
    return names


def _approved(run: Row) -> str:
    return str(run["approved_at"])


def _text(value: Any, column: str, names: Names) -> Any:
    if column.endswith("_at") or isinstance(value, datetime):
        return value is not None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict | list):
        value = json.dumps(value, sort_keys=True)
    return _TIME.sub("T", names.plain(value)) if isinstance(value, str) else value


def _as_line(table: str, row: Row, names: Names) -> str:
    kept = {
        column: _text(value, column, names)
        for column, value in row.items()
        if column not in CHANCE and column != "at"
    }
    if table in ("link", "link_change"):
        del kept["code"]
    return json.dumps(kept, sort_keys=True, default=str)


# A check of the books is no part of them; its daily turn moves with whoever was late.
_NO_PART = "check.books"


def _readable(row: Row) -> Row:
    """JSON columns as they are meant, on either database; flags as flags."""
    for column, value in row.items():
        if isinstance(value, str) and value.startswith(("{", "[")) and column != "reply":
            row[column] = json.loads(value)
    return row


async def whole() -> World:
    """Every table's rows as sorted lines."""
    of = {t: [_readable(r) for r in await rows(t)] for t in await tables()}
    of["job"] = [row for row in of["job"] if row["topic"] != _NO_PART]
    of["event"] = _told_apart(of["event"])
    names = _named(of)
    return {
        table: sorted(_as_line(table, row, names) for row in found)
        for table, found in of.items()
        if table not in LEFT_OUT
    }


def differences(wanted: World, found: World) -> list[str]:
    """What is missing, and what is more than it should be; nothing for equal worlds."""
    said = []
    for table in sorted({*wanted, *found}):
        mine, theirs = Counter(wanted.get(table, [])), Counter(found.get(table, []))
        said += [f"missing {table} {line}" for line in sorted((mine - theirs).elements())]
        said += [f"surplus {table} {line}" for line in sorted((theirs - mine).elements())]
    return said
