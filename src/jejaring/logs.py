"""Logs: one line a message on standard error, readable on a terminal, JSON elsewhere.

What belongs to a message is given by name: `log.warning("job failed", job=job.id)`.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any


class Log:
    """Python's own logger of this name, with values by keyword."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def warning(self, event: str, **values: Any) -> None:
        """What an operator should know of, though nothing is broken."""
        self._write(logging.WARNING, event, None, values)

    def error(self, event: str, exc: BaseException | None = None, **values: Any) -> None:
        """Something is broken."""
        self._write(logging.ERROR, event, exc, values)

    def exception(self, event: str, **values: Any) -> None:
        """Something is broken: the exception that is being handled."""
        self._write(logging.ERROR, event, sys.exception(), values)

    def _write(
        self, level: int, event: str, exc: BaseException | None, values: dict[str, Any]
    ) -> None:
        words = " ".join([event, *(f"{name}={value!r}" for name, value in values.items())])
        self._logger.log(level, "%s", words, exc_info=exc, extra={"event": event, "given": values})


class AsJson(logging.Formatter):
    """A line of JSON: event, level, time in UTC, and the message's values."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "event": getattr(record, "event", None) or record.getMessage(),
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            **getattr(record, "given", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def config(level: str, *, on_terminal: bool) -> dict[str, Any]:
    """For `logging.config.dictConfig`: our own messages from this level on (`info` where the name
    is unknown), those of libraries from `warning` on.
    """
    known = level.upper() in logging.getLevelNamesMapping()
    plain = {"format": "%(asctime)s %(levelname)s %(message)s"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": plain if on_terminal else {"()": AsJson}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {
            wing: {"level": level.upper() if known else "INFO"}
            for wing in ("jejaring", "campaigns", "referrals", "dashboards")
        },
    }
