"""Run the web process, or a worker apart, each until it is told to stop."""

import asyncio
import logging
import os
import signal
import sys

import structlog
import uvicorn

from jejaring import main
from jejaring.db import connect, migrate
from jejaring.jobs import worker
from jejaring.settings import Settings, settings

GRACE_SECONDS = 10
log = structlog.get_logger()


def set_up_logs(level: str) -> None:
    """One line a message on standard error: readable on a terminal, JSON elsewhere."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    shown: structlog.types.Processor = structlog.processors.JSONRenderer()
    if sys.stderr.isatty():
        shown = structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def processes(chosen: Settings) -> int:
    """WEB_CONCURRENCY, but one on SQLite, whose file has one writer anyway."""
    if chosen.is_sqlite and chosen.web_concurrency > 1:
        log.warning("WEB_CONCURRENCY is 1 on SQLite; use PostgreSQL for more processes")
        return 1
    return chosen.web_concurrency


def serve() -> None:
    """The web. Access logs stay off: a click is stored, not logged, and logs keep no addresses."""
    chosen = settings()
    set_up_logs(chosen.log_level)
    # Each of several processes is spawned anew and reads the environment; the key must be there.
    os.environ.setdefault("SECRET_KEY", chosen.secret_key)
    uvicorn.run(
        "jejaring.main:build",
        factory=True,
        host=chosen.host,
        port=chosen.port,
        workers=processes(chosen),
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


async def work() -> None:
    """A worker apart: its jobs and duties until SIGTERM or SIGINT; a running job is finished."""
    chosen = settings()
    set_up_logs(chosen.log_level)
    await connect.connect(chosen)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        if not await migrate.is_current():
            raise SystemExit("the database is not up to date: run `jejaring migrate` first")
        await worker.work(main.HANDLERS, main.DUTIES, stop)
    finally:
        await connect.disconnect()
