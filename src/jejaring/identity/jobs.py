"""Recurring work: sessions that ended are forgotten."""

from datetime import timedelta

from jejaring.identity import sessions
from jejaring.jobs.worker import Duty

DUTIES = [Duty("identity.sessions", timedelta(hours=1), sessions.tidy)]
