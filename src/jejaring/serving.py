"""Run the web process, or a worker apart, each until it is told to stop."""

import asyncio
import gc
import logging.config
import os
import signal
import sys
from typing import Any

import uvicorn

from jejaring import logs
from jejaring.settings import Settings, settings

GRACE_SECONDS = 10
log = logs.Log(__name__)


def log_config(level: str) -> dict[str, Any]:
    """Readable on a terminal, JSON elsewhere."""
    return logs.config(level, on_terminal=sys.stderr.isatty())


def processes(chosen: Settings) -> int:
    """WEB_CONCURRENCY, but one on SQLite, whose file has one writer anyway."""
    if chosen.is_sqlite and chosen.web_concurrency > 1:
        log.warning("WEB_CONCURRENCY is 1 on SQLite; use PostgreSQL for more processes")
        return 1
    return chosen.web_concurrency


def serve() -> None:
    """The web. Access logs stay off: a click is stored, not logged, and logs keep no addresses."""
    chosen = settings()
    config = log_config(chosen.log_level)
    logging.config.dictConfig(config)
    gc.set_threshold(100_000, 50, 100)  # until all is loaded: there is no garbage in it
    # Each of several processes is spawned anew and reads the environment; the key must be there.
    os.environ.setdefault("SECRET_KEY", chosen.secret_key)
    uvicorn.run(
        "jejaring.main:build",
        factory=True,
        host=chosen.host,
        port=chosen.port,
        workers=processes(chosen),
        access_log=False,
        http="referrals.clicks.protocol:Protocol",
        ws="none",
        log_config=config,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


async def work() -> None:
    """A worker apart: its jobs and duties until SIGTERM or SIGINT; a running job is finished."""
    # A process that only watches over several web processes has no use for these.
    from jejaring import main  # noqa: PLC0415 — start-up time
    from jejaring.db import connect  # noqa: PLC0415 — start-up time
    from jejaring.jobs import worker  # noqa: PLC0415 — start-up time

    chosen = settings()
    logging.config.dictConfig(log_config(chosen.log_level))
    await connect.connect(chosen)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        if not await connect.is_current():
            raise SystemExit("the database is not up to date: run `jejaring migrate` first")
        await worker.work(main.HANDLERS, main.DUTIES, stop)
    finally:
        await connect.disconnect()
