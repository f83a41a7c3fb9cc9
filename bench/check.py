"""How long `jejaring check` takes over a million postings, and what it weighs; it finds nothing."""

import os
import subprocess
import sys
import time

from bench import server
from bench.figure import Figure

SECONDS, MEMORY_MIB = 90.0, 200.0


def run() -> list[Figure]:
    """On SQLite, and on PostgreSQL where there is one."""
    kinds = ["sqlite", *(["postgres"] if server.has_postgres() else [])]
    return [figure for kind in kinds for figure in _measured(kind)]


def _measured(kind: str) -> list[Figure]:
    with server.database(kind) as url:
        env = os.environ | {"DATABASE_URL": url, "SECRET_KEY": "bench"}
        command = [sys.executable, "-m", "bench.million"]
        made = subprocess.run(command, env=env, cwd=server.ROOT, capture_output=True, text=True)
        if made.returncode:
            raise RuntimeError(made.stderr)
        note = f"{int(made.stdout):,} postings, nothing found"
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "jejaring", "check"], env=env, cwd=server.ROOT,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        found = process.stdout.read() if process.stdout else ""
        _, status, used = os.wait4(process.pid, 0)
        took, weight = time.perf_counter() - began, used.ru_maxrss / 1024
        if status or not found.startswith("ok"):
            raise RuntimeError(found[:2000])
    return [
        Figure(f"check, {kind}", took, "s", None, took, SECONDS, at_most=True, note=note),
        Figure(f"memory of check, {kind}", weight, "MiB", None, weight, MEMORY_MIB, at_most=True),
    ]
