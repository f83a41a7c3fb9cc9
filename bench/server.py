"""Server processes to measure, the database that they serve, and wrk to load them."""

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

ROOT = Path(__file__).parent.parent
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
SERVER_CORE, CLIENT_CORE = "0", "1"


@dataclass(frozen=True)
class Load:
    """What wrk saw: replies a second, the slowest percent in ms, replies in all."""

    per_second: float
    p99_ms: float
    replies: int


def pinned(core: str, command: list[str]) -> list[str]:
    """The command on one core, where the machine has more than one."""
    many = (os.cpu_count() or 1) > 1 and shutil.which("taskset")
    return ["taskset", "-c", core, *command] if many else command


def wrk(url: str, connections: int, seconds: int = 5, script: Path | None = None) -> Load:
    """Load the address (with wrk's Lua script); raises where anything but 2xx and 3xx came back."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url]
    if script is not None:
        command += ["-s", str(script)]
    done = subprocess.run(
        pinned(CLIENT_CORE, command), capture_output=True, text=True, check=True, timeout=60
    ).stdout
    if "Non-2xx" in done or "Socket errors" in done:
        raise RuntimeError(done)
    found = {
        name: re.search(pattern, done)
        for name, pattern in {
            "rate": r"Requests/sec:\s+([\d.]+)",
            "p99": r"99%\s+([\d.]+)(us|ms|s)\b",
            "replies": r"(\d+) requests in",
        }.items()
    }
    rate, p99, replies = found["rate"], found["p99"], found["replies"]
    if not (rate and p99 and replies):
        raise RuntimeError(done)
    scale = {"us": 0.001, "ms": 1.0, "s": 1000.0}[p99[2]]
    return Load(float(rate[1]), float(p99[1]) * scale, int(replies[1]))


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, path: str, env: dict[str, str]) -> Iterator[int]:
    """The server while it runs, ready to answer at path; its process id."""
    process = subprocess.Popen(
        pinned(SERVER_CORE, command), env=os.environ | env, cwd=ROOT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(process, f"http://127.0.0.1:{port}{path}")
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _wait_for(process: "subprocess.Popen[bytes]", url: str) -> None:
    for _ in range(400):
        if process.poll() is not None:
            raise RuntimeError("the server ended at once")
        try:
            urllib.request.urlopen(url, timeout=1).close()  # noqa: S310 — our own address
            return
        except OSError as exc:
            if getattr(exc, "code", 503) != 503:
                return
            time.sleep(0.025)
    raise RuntimeError("the server did not come up")


@contextmanager
def anchor() -> Iterator[str]:
    """The bare Starlette redirect on one uvicorn worker; its address."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bench.anchor:app", "--port", str(port),
               "--no-access-log", "--log-level", "error"]  # fmt: skip
    with running(command, port, "/nothing", {}):
        yield f"http://127.0.0.1:{port}/r/abcdef"


@contextmanager
def jejaring(database_url: str, **env: str) -> Iterator[tuple[str, int]]:
    """Our web process as it is served to people; its address and process id."""
    port = free_port()
    given = {
        "DATABASE_URL": database_url, "SECRET_KEY": "bench", "PORT": str(port),
        "JEJARING_WORKER": "off", "JEJARING_RATE_LIMIT": "0",
        "BASE_URL": f"http://127.0.0.1:{port}",
    }  # fmt: skip
    command = [sys.executable, "-m", "jejaring", "serve"]
    with running(command, port, "/healthz", given | env) as pid:
        yield f"http://127.0.0.1:{port}", pid


@contextmanager
def database(kind: str) -> Iterator[str]:
    """An empty database of this kind (`sqlite`, `postgres`); its URL. Gone afterwards."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(dir=ROOT / "bench") as folder:
            yield f"sqlite:///{folder}/bench.db"
        return
    name = f"jj_bench_{os.getpid()}"
    asyncio.run(_admin(f"CREATE DATABASE {name}"))
    try:
        yield POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    finally:
        asyncio.run(_admin(f"DROP DATABASE {name} WITH (FORCE)"))


async def _admin(statement: str) -> None:
    connection = await asyncpg.connect(POSTGRES)
    await connection.execute(statement)
    await connection.close()


def has_postgres() -> bool:
    """Whether there is a PostgreSQL to measure on."""
    try:
        asyncio.run(_admin("SELECT 1"))
    except (OSError, asyncpg.PostgresError):
        return False
    return True


def inside(database_url: str, code: str) -> str:
    """Run a piece of Python in a process of its own on this database; what it printed."""
    env = os.environ | {
        "DATABASE_URL": database_url,
        "SECRET_KEY": "bench",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout.strip()
