"""The machinery: the worker's beats, the queue, dead jobs and their retry; and the trail."""

from starlette.requests import Request
from starlette.responses import Response

from jejaring import world
from jejaring.db.transact import transact
from jejaring.identity import guards
from jejaring.identity.models import ApiKey, Organisation, User
from jejaring.identity.rules import Caller
from jejaring.jobs.enqueue import waiting
from jejaring.jobs.models import Beat, Job
from jejaring.jobs.worker import WORKER_BEAT
from jejaring.kit.errors import NotFound
from jejaring.trail import queries as trail
from jejaring.trail.write import note
from jejaring.web import pages, render

PAGE = 50
DEAD = 30
FAMILIES = (
    "organisation.", "site.", "campaign.", "terms.", "enrolment.", "product.", "payout",
    "method.", "member.", "key.", "invitation.", "password.", "link.", "books.", "job.",
    "commission.", "sale.",
)  # fmt: skip


async def system(request: Request, caller: Caller) -> Response:
    """Beats and ages, the queue, what died."""
    now = world.now()
    beats = await Beat.all().order_by("name").limit(100)
    dead = await Job.filter(dead_at__not_isnull=True).order_by("-dead_at", "-id").limit(DEAD + 1)
    oldest = await (
        Job.filter(done_at=None, dead_at=None, run_at__lte=now).order_by("run_at").first()
    )
    context = {
        "beats": [(row.name, row.at, int((now - row.at).total_seconds())) for row in beats],
        "alive": any(
            row.name == WORKER_BEAT and (now - row.at).total_seconds() < 60 for row in beats
        ),
        "queue": await waiting(),
        "later": await Job.filter(done_at=None, dead_at=None, run_at__gt=now).count(),
        "oldest": int((now - oldest.run_at).total_seconds()) if oldest else 0,
        "failing": await Job.filter(done_at=None, dead_at=None, attempts__gt=1).count(),
        "dead": dead[:DEAD],
        "more": len(dead) > DEAD,
    }
    return render.page(request, "operator/system.html", context)


async def retry(request: Request, caller: Caller) -> Response:
    """Try a dead job again, from its first attempt."""
    text = request.path_params["job_id"]
    number = int(text) if text.isdecimal() and len(text) <= 18 else 0

    async def revive() -> bool:
        dead = Job.filter(id=number, dead_at__not_isnull=True)
        now = world.now()
        if not await dead.update(dead_at=None, attempts=0, run_at=now, locked_until=None):
            return False
        org = caller.organisation_id
        await note("job.retried", str(number), actor=caller.actor, organisation_id=org)
        return True

    if not await transact(revive):
        raise NotFound
    return pages.go("/operator/system", "job_retried")


async def seen(request: Request, caller: Caller) -> Response:
    """Who did what, newest first, by family of acts."""
    family, cursor = request.query_params.get("family", ""), request.query_params.get("cursor")
    family = family if family in FAMILIES else ""
    found = await trail.page(None, action=family or None, limit=PAGE, cursor=cursor)
    actors = {entry.actor for entry in found.entries}
    orgs = {entry.organisation_id for entry in found.entries if entry.organisation_id}
    names = dict(await User.filter(id__in=sorted(actors)).values_list("id", "name"))
    names |= dict(await ApiKey.filter(id__in=sorted(actors)).values_list("id", "name"))
    context = {
        "entries": found.entries,
        "names": names,
        "orgs": dict(await Organisation.filter(id__in=sorted(orgs)).values_list("id", "name")),
        "families": FAMILIES,
        "family": family,
        "next": found.next_cursor,
        "cursor": cursor,
    }
    return render.page(request, "operator/trail.html", context)


_READ, _EDIT = guards.signed_in("operator", "read"), guards.signed_in("operator", "edit")
PAGES = [
    pages.show("/operator/system", system, _READ),
    pages.act("/operator/jobs/{job_id}/retry", retry, _EDIT),
    pages.show("/operator/trail", seen, _READ),
]
