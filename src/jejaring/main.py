"""The front door: every route, middleware, job handler and the lifespan, listed by hand."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from campaigns.catalog import api as catalog_api
from campaigns.catalog import jobs as catalog_jobs
from campaigns.enrolments import api as campaigns_api
from campaigns.goodwill import api as goodwill_api
from campaigns.goodwill import audit as goodwill_audit
from campaigns.lifecycle import jobs as campaigns_jobs
from dashboards.figures import api as figures_api
from dashboards.figures import audit as figures_audit
from dashboards.figures import jobs as figures_jobs
from dashboards.frame import hang
from dashboards.frame import pages as frame_pages
from dashboards.merchant import pages as merchant_pages
from dashboards.operator import audit as operator_audit
from dashboards.operator import jobs as operator_jobs
from dashboards.operator import pages as operator_pages
from dashboards.partner import pages as partner_pages
from dashboards.public import pages as public_pages
from dashboards.public import reference
from jejaring import world
from jejaring.db import connect
from jejaring.identity import jobs as identity_jobs
from jejaring.identity import keys
from jejaring.jobs import enqueue, worker
from jejaring.jobs.models import Beat, Job
from jejaring.kit.errors import NotFound
from jejaring.ledger import audit as ledger_audit
from jejaring.members import api as members_api
from jejaring.payouts import api as payouts_api
from jejaring.payouts import audit as payouts_audit
from jejaring.settings import Settings, settings
from jejaring.web import api, assets, limits, metrics, openapi, pages, problems, render
from jejaring.web.api import Endpoint
from jejaring.web.body import BodyLimit
from jejaring.web.headers import Headers
from jejaring.web.packed import Packed
from jejaring.web.pages import Page
from referrals.attribution import audit as attribution_audit
from referrals.clicks import answer as clicks_answer
from referrals.clicks import jobs as clicks_jobs
from referrals.clicks import recorder
from referrals.clicks.redirect import Redirect
from referrals.commissions import api as commissions_api
from referrals.commissions import audit as commissions_audit
from referrals.commissions import jobs as commissions_jobs
from referrals.intake import api as intake_api
from referrals.intake import jobs as intake_jobs
from referrals.links import api as links_api
from referrals.months import api as months_api
from referrals.months import jobs as months_jobs
from referrals.network import api as network_api
from referrals.orders import audit as orders_audit
from referrals.posts import api as posts_api
from referrals.posts import audit as posts_audit
from referrals.review import api as review_api
from referrals.review import jobs as review_jobs

VERSION = "0.1.0"
MAX_BODY = 1_000_000
BEAT_FRESH = timedelta(seconds=60)

ENDPOINTS: list[Endpoint] = [
    *members_api.ENDPOINTS,
    *catalog_api.ENDPOINTS,
    *campaigns_api.ENDPOINTS,
    *goodwill_api.ENDPOINTS,
    *figures_api.ENDPOINTS,
    *intake_api.ENDPOINTS,
    *network_api.ENDPOINTS,
    *links_api.ENDPOINTS,
    *commissions_api.ENDPOINTS,
    *months_api.ENDPOINTS,
    *posts_api.ENDPOINTS,
    *review_api.ENDPOINTS,
    *payouts_api.ENDPOINTS,
]

PAGES: list[Page] = [
    *public_pages.PAGES,
    *partner_pages.PAGES,
    *frame_pages.PAGES,
    *merchant_pages.PAGES,
    *operator_pages.PAGES,
    *reference.pages_of(ENDPOINTS),
]

TEMPLATES: list[str] = [
    "dashboards.frame",
    "dashboards.public",
    "dashboards.merchant",
    "dashboards.operator",
    "dashboards.partner",
]

AUDITS: list[Callable[[], Awaitable[Sequence[object]]]] = [
    ledger_audit.audit,
    payouts_audit.audit,
    figures_audit.audit,
    attribution_audit.audit,
    commissions_audit.audit,
    orders_audit.audit,
    posts_audit.audit,
    goodwill_audit.audit,
    operator_audit.audit,
]

HANDLERS: dict[str, worker.Handler] = {
    **campaigns_jobs.HANDLERS,
    **commissions_jobs.HANDLERS,
    **months_jobs.HANDLERS,
    **operator_jobs.handlers(AUDITS),
}

DUTIES: list[worker.Duty] = [
    *identity_jobs.DUTIES,
    *catalog_jobs.DUTIES,
    *figures_jobs.DUTIES,
    *operator_jobs.DUTIES,
    *commissions_jobs.DUTIES,
    *months_jobs.DUTIES,
    *intake_jobs.DUTIES,
    *clicks_jobs.DUTIES,
    *review_jobs.DUTIES,
]


async def healthz(_: Request) -> Response:
    """The process is up."""
    return PlainTextResponse("ok")


async def readyz(_: Request) -> Response:
    """Database, migrations, and a worker's beat within the last minute."""
    parts: dict[str, bool] = {"database": False, "migrations": False, "worker": False}
    try:
        parts["database"] = await connect.ping()
        parts["migrations"] = await connect.is_current()
        seen = await Beat.get_or_none(name=worker.WORKER_BEAT)
        parts["worker"] = seen is not None and seen.at > world.now() - BEAT_FRESH
    except Exception:
        worker.log.exception("not ready")
    return JSONResponse(parts, 200 if all(parts.values()) else 503)


async def metrics_text(request: Request) -> Response:
    """Counters and the queue's state, for a scraper with the token; for others no such page."""
    if not metrics.has_token(request):
        raise NotFound
    metrics.JOBS_WAITING.set(await enqueue.waiting())
    metrics.JOBS_DEAD.set(await Job.filter(dead_at__not_isnull=True).count())
    seen = await Beat.get_or_none(name=worker.WORKER_BEAT)
    metrics.BEAT_AGE.set((world.now() - seen.at).total_seconds() if seen else -1)
    return metrics.text()


async def openapi_json(_: Request) -> Response:
    """The API's description, generated from the routes."""
    return JSONResponse(openapi.document(ENDPOINTS, settings().base, VERSION))


def routes() -> list[BaseRoute]:
    """Every route of the house."""
    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics_text),
        Route("/openapi.json", openapi_json),
        *assets.ROUTES,
        *[api.route(endpoint) for endpoint in ENDPOINTS],
        *[pages.route(page) for page in (*PAGES, *frame_pages.LAST)],
    ]


@asynccontextmanager
async def _working(
    handlers: Mapping[str, worker.Handler], duties: Sequence[worker.Duty], on: bool
) -> AsyncIterator[None]:
    """The poller inside the web process, unless a worker runs apart."""
    if not on:
        yield
        return
    stop = asyncio.Event()
    task = asyncio.create_task(worker.work(handlers, duties, stop))
    try:
        yield
    finally:
        stop.set()
        await task


def build(given: Settings | None = None, *, own_database: bool = True) -> Starlette:
    """The application. Tests bring their own database and run jobs by hand."""
    chosen = given or settings()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        if own_database:
            await connect.connect(chosen)
        try:
            await recorder.start(chosen)
            async with _working(HANDLERS, DUTIES, own_database and chosen.worker == "inline"):
                yield {}
        finally:
            await recorder.stop()
            await limits.disconnect()
            if own_database:
                await keys.settle()
                await connect.disconnect()

    render.set_up(TEMPLATES, hang.extra, hang.adorn({page.path for page in PAGES}))
    built = Starlette(
        routes=routes(),
        middleware=[
            Middleware(Packed),
            Middleware(Headers, secure=chosen.secure),
            Middleware(BodyLimit, limit=MAX_BODY),
        ],
        exception_handlers=problems.HANDLERS,
        lifespan=lifespan,
    )
    # Starlette would make the address without the slash from the Host header: web/problems.py.
    built.router.redirect_slashes = False
    # Links are answered ahead of Starlette's own layers: they are the busiest path by far.
    built.middleware_stack = Redirect(
        built.build_middleware_stack(), clicks_answer.manner_of(chosen)
    )
    return built
