"""Counters for `/metrics`, in Prometheus' text form; no label ever carries a person or a tenant."""

import hmac

from starlette.requests import Request
from starlette.responses import Response

from jejaring.settings import settings


class Metric:
    """A number, or one for each value of `label`. Counters count from the process's start."""

    def __init__(self, name: str, kind: str, about: str, label: str | None = None) -> None:
        self.name, self.kind, self.about, self.label = name, kind, about, label
        self.values: dict[str, float] = {} if label else {"": 0}

    def inc(self, by: float = 1, of: str = "") -> None:
        """Count; `of` is the label's value."""
        self.values[of] = self.values.get(of, 0) + by

    def set(self, value: float) -> None:
        """A gauge's present value."""
        self.values[""] = value

    def lines(self) -> list[str]:
        """As Prometheus reads them."""
        shown = [f"# HELP {self.name} {self.about}", f"# TYPE {self.name} {self.kind}"]
        for of, value in sorted(self.values.items()):
            label = f'{{{self.label}="{of}"}}' if self.label else ""
            shown.append(f"{self.name}{label} {value}")
        return shown


FAULTS = Metric("jejaring_faults_total", "counter", "Replies with status 500")
CLICKS = Metric("jejaring_clicks_total", "counter", "Hits stored", "kind")
CLICKS_LOST = Metric(
    "jejaring_clicks_lost_total", "counter", "Redirects answered without a stored click"
)
JOBS_WAITING = Metric("jejaring_jobs_waiting", "gauge", "Jobs due and not done")
JOBS_DEAD = Metric("jejaring_jobs_dead", "gauge", "Jobs given up")
BEAT_AGE = Metric("jejaring_worker_beat_age_seconds", "gauge", "Since a worker was last alive")
ALL = (FAULTS, CLICKS, CLICKS_LOST, JOBS_WAITING, JOBS_DEAD, BEAT_AGE)


def has_token(request: Request) -> bool:
    """Whether the request carries JEJARING_METRICS_TOKEN as its bearer."""
    expected = settings().metrics_token
    sent = request.headers.get("authorization", "").removeprefix("Bearer ")
    return bool(expected) and hmac.compare_digest(sent.encode(), expected.encode())


def text() -> Response:
    """The counters of this process."""
    lines = [line for metric in ALL for line in metric.lines()]
    return Response("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")
