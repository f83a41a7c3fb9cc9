"""Counters for `/metrics`, in Prometheus' text form; no label ever carries a person or a tenant."""

import hmac

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from jejaring.settings import settings

REGISTRY = CollectorRegistry()
FAULTS = Counter("jejaring_faults", "Replies with status 500", registry=REGISTRY)
CLICKS = Counter("jejaring_clicks", "Hits stored", ["kind"], registry=REGISTRY)
CLICKS_LOST = Counter(
    "jejaring_clicks_lost", "Redirects answered without a stored click", registry=REGISTRY
)
JOBS_WAITING = Gauge("jejaring_jobs_waiting", "Jobs due and not done", registry=REGISTRY)
JOBS_DEAD = Gauge("jejaring_jobs_dead", "Jobs given up", registry=REGISTRY)
BEAT_AGE = Gauge(
    "jejaring_worker_beat_age_seconds", "Since a worker was last alive", registry=REGISTRY
)


def has_token(request: Request) -> bool:
    """Whether the request carries JEJARING_METRICS_TOKEN as its bearer."""
    expected = settings().metrics_token
    sent = request.headers.get("authorization", "").removeprefix("Bearer ")
    return bool(expected) and hmac.compare_digest(sent.encode(), expected.encode())


def text() -> Response:
    """The counters of this process."""
    return Response(generate_latest(REGISTRY), media_type="text/plain; version=0.0.4")
