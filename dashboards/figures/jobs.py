"""The worker keeps the figures: every second, one process at a time."""

from datetime import timedelta

from dashboards.figures import rollup
from jejaring.jobs.worker import Duty

DUTIES = [Duty("figures.rollup", timedelta(seconds=1), rollup.run)]
