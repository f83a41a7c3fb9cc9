"""The API is as described: whatever is sent gets a documented answer, never a fault."""

import asyncio
import os
import sys

import pytest

from tests.cast import Cast, Member
from tests.server import server

# A bounded number of made-up requests for each route, the same ones every time.
EXAMPLES = "8"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


async def _storm(base: str, member: Member, *only: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", "run", f"{base}/openapi.json",
        "--header", f"Authorization: Bearer {member.key}", "--max-examples", EXAMPLES,
        "--seed", "1", "--workers", "1", *only, "--checks", ",".join(CHECKS), "--no-color",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env=dict(os.environ) | {"PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


@pytest.mark.parametrize("who", ["laras", "rina"])
async def test_made_up_requests_get_documented_answers(cast: Cast, who: str) -> None:
    async with server() as (client, _):
        base, member = str(client.base_url), getattr(cast, who)
        # Whoever finds the route that takes keys away takes its own: so that one comes last.
        for choice in ("--exclude-path", "--include-path"):
            code, said = await _storm(base, member, choice, "/v1/keys/{id}")
            assert code == 0, said[-6000:]
            assert "Tested: " in said
