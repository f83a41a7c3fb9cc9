"""A run's file for the bank: the only place where whole account numbers leave the house.

The same bytes each time; the first download of a payout's file moves it to `sending`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from jejaring import world
from jejaring.db.transact import transact
from jejaring.identity import sealing
from jejaring.identity.models import Organisation
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Conflict, NotFound
from jejaring.payouts import settle
from jejaring.payouts.models import Payout, PayoutRun
from jejaring.payouts.rails import bca, generic
from jejaring.payouts.rails.generic import Transfer
from jejaring.trail.write import note

Format = Literal["bca", "csv"]
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class BankFile:
    """A file to be downloaded, and how many payouts it could not carry."""

    name: str
    media_type: str
    content: bytes
    left_out: int


async def download(caller: Caller, run_id: str, shape: Format) -> BankFile:
    """The file of an approved run: `bca` carries what BCA can pay, `csv` all.

    Payouts that the file carries go from approved to sending. Raises NotFound, Conflict
    `run_not_approved` for a preview or a cancelled run.
    """
    run, rows = await transact(lambda: _send(caller, run_id, shape))
    slugs = dict(
        await Organisation.filter(id__in=sorted({row.partner_id for row in rows})).values_list(
            "id", "slug"
        )
    )
    content = await asyncio.to_thread(_build, rows, slugs, shape, run.approved_at or run.created_at)
    left_out = sum(1 for row in rows if not _carries(row, shape))
    ending, media_type = ("xlsx", _XLSX) if shape == "bca" else ("csv", "text/csv; charset=utf-8")
    return BankFile(f"payout-{run.id}.{ending}", media_type, content, left_out)


async def _send(caller: Caller, run_id: str, shape: Format) -> tuple[PayoutRun, list[Payout]]:
    run = (
        await PayoutRun.filter(id=run_id, merchant_id=caller.organisation_id)
        .select_for_update()
        .first()
    )
    if run is None:
        raise NotFound
    if run.state not in ("approved", "done"):
        raise Conflict("run_not_approved", state=run.state)
    rows = await Payout.filter(run_id=run.id).order_by("id")
    fresh = [row for row in rows if row.state == "approved" and _carries(row, shape)]
    for start in range(0, len(fresh), 1000):
        ids = [row.id for row in fresh[start : start + 1000]]
        await Payout.filter(id__in=ids, state="approved").update(
            state="sending", sent_at=world.now()
        )
    await settle.announce("payout.sent", fresh)
    await note(
        "payout_file.downloaded",
        run.id,
        actor=caller.actor,
        organisation_id=caller.organisation_id,
        format=shape,
        payouts=len(rows),
    )
    return run, rows


def _carries(row: Payout, shape: Format) -> bool:
    return shape == "csv" or bca.can_carry(_transfer(row, "", ""))


def _transfer(row: Payout, partner: str, number: str) -> Transfer:
    return Transfer(
        row.bank_reference,
        partner,
        row.method_kind,
        row.method_provider,
        number,
        row.method_name,
        row.net,
    )


def _build(rows: Sequence[Payout], slugs: dict[str, str], shape: Format, at: datetime) -> bytes:
    """Unseal and write, off the event loop."""
    transfers = [
        _transfer(row, slugs[row.partner_id], sealing.unseal(row.method_sealed, row.partner_id))
        for row in rows
    ]
    return bca.sheet(transfers, at) if shape == "bca" else generic.csv(transfers)
