"""JSON routes of money out: payout method, balance, statement, runs, files, settling."""

from dataclasses import asdict
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit import paging
from jejaring.payouts import methods, owed, queries, settle
from jejaring.payouts import run as runs
from jejaring.payouts.methods import Held, MethodDraft
from jejaring.payouts.models import PayoutMethod, PayoutRun
from jejaring.payouts.owed import Settled, Settling
from jejaring.payouts.queries import PayoutView, RunView
from jejaring.payouts.rails import download
from jejaring.payouts.shapes import (
    BalanceOut,
    FileQuery,
    LineOut,
    MethodIn,
    MethodOut,
    MethodShown,
    MovementOut,
    OwedIn,
    OwedOut,
    PaidTo,
    PairStatementOut,
    PartsOut,
    PayoutOut,
    RunIn,
    RunOut,
    RunSummary,
    SettleIn,
    SkippedOut,
    StatementOut,
    StatementQuery,
    TotalsOut,
    WarningOut,
)
from jejaring.payouts.statements import paper, table
from jejaring.payouts.statements import read as statements
from jejaring.payouts.statements.read import PairStatement, Parts
from jejaring.web import language
from jejaring.web.api import Reply, get, post, put
from jejaring.web.shapes import PageOf, PageQuery

# Balances are paged by the other side's id alone; a cursor's time is not used.
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


async def put_payout_method(caller: Caller, body: MethodIn, request: Request) -> MethodOut:
    """Set where to be paid.

    The first method counts at once. Another account waits 48 hours, and meanwhile nobody is paid;
    the same number again changes nothing.
    """
    draft = MethodDraft(body.kind, body.provider, body.account_number, body.account_name.strip())
    return _method(await methods.put(caller, draft), request)


async def get_payout_method(caller: Caller, request: Request) -> MethodOut:
    """Where the partner is paid, with the last four digits."""
    return _method(await methods.get(caller), request)


async def cancel_payout_method_change(caller: Caller, request: Request) -> MethodOut:
    """Take a waiting change back."""
    return _method(await methods.cancel(caller), request)


def _method(held: Held, request: Request) -> MethodOut:
    newest = held.newest
    if newest is None:
        raise RuntimeError("a partner's methods are never empty here")
    lang = language.pick(request)
    waits = held.waiting is not None
    return MethodOut(
        **_shown(newest).model_dump(),
        state="waiting" if waits else "active",
        current=_shown(held.current) if waits and held.current is not None else None,
        warnings=[
            WarningOut(code=code, text=language.say(lang, f"warning.{code}"))
            for code in methods.warnings(newest)
        ],
    )


def _shown(row: PayoutMethod) -> MethodShown:
    return MethodShown.model_validate(row, from_attributes=True)


async def list_balances(caller: Caller, query: PageQuery) -> PageOf[BalanceOut]:
    """What each partner (or merchant) is owed, in parts that add up."""
    is_merchant = caller.kind == "merchant"
    before = None if query.cursor is None else paging.decode(query.cursor).id
    rows, last = await queries.balances(
        caller.organisation_id if is_merchant else None,
        None if is_merchant else caller.organisation_id,
        limit=query.limit,
        before=before,
    )
    return PageOf(
        data=[BalanceOut.model_validate(row, from_attributes=True) for row in rows],
        next_cursor=None if last is None else paging.encode(paging.Cursor(_NO_TIME, last)),
    )


async def get_statement(
    caller: Caller, query: StatementQuery, request: Request
) -> StatementOut | Response:
    """Opening, movements and closing with each counterpart; they add up."""
    within = statements.span(caller, query.from_, query.to)
    lang = language.pick(request)
    if query.format == "pdf":
        content = await paper.pdf(caller, within, lang)
        headers = {"Content-Disposition": 'attachment; filename="statement.pdf"'}
        return Response(content, 200, headers, media_type="application/pdf")
    found = await statements.statement(caller, within, lang)
    if query.format == "csv":
        content = table.as_csv(found, within, lang)
        headers = {"Content-Disposition": 'attachment; filename="statement.csv"'}
        return Response(content, 200, headers, media_type="text/csv; charset=utf-8")
    return StatementOut(from_=within[0], to=within[1], data=[_statement(one) for one in found])


def _statement(one: PairStatement) -> PairStatementOut:
    return PairStatementOut(
        merchant=one.merchant,
        partner=one.partner,
        opening=_parts(one.opening),
        movements=[
            MovementOut(
                at=row.at,
                text=row.text,
                reference=row.reference,
                amount=row.amount,
                after=_parts(row.after),
            )
            for row in one.movements
        ],
        closing=_parts(one.closing),
    )


def _parts(parts: Parts) -> PartsOut:
    return PartsOut(**asdict(parts), due=parts.due)


async def create_payout_run(caller: Caller, body: RunIn, request: Request) -> RunOut:
    """Preview a payout run: every line, and everyone skipped with the reason.

    It reserves nothing; approving it takes exactly its lines.
    """
    run = await runs.preview(caller, body.cutoff, body.partner)
    return _run(await queries.view(run), request)


async def list_payout_runs(caller: Caller, query: PageQuery) -> PageOf[RunSummary]:
    """The merchant's runs, newest first, without their payouts."""
    rows, after = await queries.runs(caller.organisation_id, query.limit, query.cursor)
    return PageOf(data=[_summary(row) for row in rows], next_cursor=after)


async def get_payout_run(caller: Caller, run_id: str, request: Request) -> RunOut:
    """A run with its payouts as they stand."""
    return _run(await queries.run(caller.organisation_id, run_id), request)


async def approve_payout_run(caller: Caller, run_id: str, request: Request) -> RunOut:
    """Approve a run: its lines become payouts, or 409 `run_changed`."""
    return _run(await queries.view(await runs.approve(caller, run_id)), request)


async def cancel_payout_run(caller: Caller, run_id: str, request: Request) -> RunOut:
    """Drop a preview, or an approved run of which nothing was sent."""
    return _run(await queries.view(await runs.cancel(caller, run_id)), request)


async def get_payout_file(caller: Caller, run_id: str, query: FileQuery) -> Response:
    """The run's file for the bank: BCA's workbook, or a CSV of all payouts.

    The first download moves the payouts that it carries to `sending`. `Jejaring-Left-Out` counts
    those that it cannot carry.
    """
    file = await download.download(caller, run_id, query.format)
    headers = {
        "Content-Disposition": f'attachment; filename="{file.name}"',
        "Jejaring-Left-Out": str(file.left_out),
        "Cache-Control": "no-store",
    }
    return Response(file.content, 200, headers, media_type=file.media_type)


async def settle_payout(
    caller: Caller, payout_id: str, body: SettleIn, request: Request
) -> PayoutOut:
    """Say what became of a payout: paid, failed or returned; the same again is 200."""
    await settle.settle(caller, payout_id, body.outcome, body.reference)
    view = await queries.payout(caller.organisation_id, payout_id)
    return _payout(view, language.pick(request))


async def write_off_owed_back(caller: Caller, body: OwedIn) -> OwedOut | Reply:
    """Write off a part of what a partner owes back.

    202 `waiting` above the merchant's limit: another person sends the same reference and amount.
    """
    return await _owed(caller, Settling("write_off", **body.model_dump()))


async def repay_owed_back(caller: Caller, body: OwedIn) -> OwedOut | Reply:
    """Record that a partner paid back, by a transfer or in cash, a part of what was owed back."""
    return await _owed(caller, Settling("repay", **body.model_dump()))


async def _owed(caller: Caller, wanted: Settling) -> Reply:
    done: Settled = await owed.settle(caller, wanted)
    row = done.row
    views, _ = await queries.balances(caller.organisation_id, row.partner_id)
    names = await queries.names([row.partner_id])
    values = {name: getattr(row, name) for name in OwedOut.model_fields if hasattr(row, name)}
    reply = OwedOut.model_validate(
        values | {"partner": names[row.partner_id][0], "owed_back": views[0].owed_back}
    )
    return Reply(reply, {"created": 201, "waiting": 202, "unchanged": 200}[done.status])


def _summary(row: PayoutRun) -> RunSummary:
    return RunSummary.model_validate(
        {
            "id": row.id,
            "state": row.state,
            "cutoff": row.cutoff,
            "created_at": row.created_at,
            "approved_at": row.approved_at,
            "totals": asdict(queries.totals(row)),
        }
    )


def _run(view: RunView, request: Request) -> RunOut:
    lang = language.pick(request)
    return RunOut.model_validate(
        {
            "id": view.id,
            "state": view.state,
            "cutoff": view.cutoff,
            "created_at": view.created_at,
            "approved_at": view.approved_at,
            "totals": TotalsOut(**asdict(view.totals)),
            "payouts": [_payout(one, lang) for one in view.payouts],
            "skipped": [
                SkippedOut.model_validate(one, from_attributes=True) for one in view.skipped
            ],
        }
    )


def _payout(view: PayoutView, lang: str) -> PayoutOut:
    return PayoutOut.model_validate(
        {
            "id": view.id,
            "partner": view.partner,
            "gross": view.gross,
            "netted": view.netted,
            "tax": view.tax,
            "fee": view.fee,
            "net": view.net,
            "method": PaidTo.model_validate(view.method),
            "state": view.state,
            "bank_reference": view.bank_reference,
            "reference": view.settled_reference,
            "lines": [
                LineOut(
                    commission_id=line.commission_id, amount=line.amount, text=words(line, lang)
                )
                for line in view.lines
            ],
        }
    )


def words(line: queries.LineView, lang: str) -> str:
    """A line's text: the item's label, or that the money came back from an earlier payout."""
    if line.commission_id is not None:
        return line.label
    return language.say(lang, "explain.payout_returned", reference=line.label)


_PAPERS = ("text/csv", "application/pdf")
ENDPOINTS = [
    put("/v1/payout-method", put_payout_method, guards.partner("method")),
    get("/v1/payout-method", get_payout_method, guards.partner("method")),
    post(
        "/v1/payout-method/cancel",
        cancel_payout_method_change,
        guards.partner("method"),
        status=200,
    ),
    get("/v1/balance", list_balances, guards.both("money.read")),
    post(
        "/v1/owed-back/write-off",
        write_off_owed_back,
        guards.merchant("money.decide"),
        statuses=(200, 202),
    ),
    post(
        "/v1/owed-back/repay",
        repay_owed_back,
        guards.merchant("money.decide"),
        statuses=(200,),
    ),
    get("/v1/statement", get_statement, guards.both("money.read"), also=_PAPERS),
    post("/v1/payout-runs", create_payout_run, guards.merchant("payouts.prepare")),
    get("/v1/payout-runs", list_payout_runs, guards.merchant("money.read")),
    get("/v1/payout-runs/{run_id}", get_payout_run, guards.merchant("money.read")),
    post(
        "/v1/payout-runs/{run_id}/approve",
        approve_payout_run,
        guards.merchant("payouts.approve"),
        status=200,
    ),
    post(
        "/v1/payout-runs/{run_id}/cancel",
        cancel_payout_run,
        guards.merchant("payouts.prepare"),
        status=200,
    ),
    get(
        "/v1/payout-runs/{run_id}/file",
        get_payout_file,
        guards.merchant("payouts.prepare"),
        raw="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        also=("text/csv",),
    ),
    post(
        "/v1/payouts/{payout_id}/settle",
        settle_payout,
        guards.merchant("payouts.approve"),
        status=200,
    ),
]
