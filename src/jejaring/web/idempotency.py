"""`Idempotency-Key`: the same POST again gets the stored answer, another body is refused.

The work and its answer are one transaction (docs/decisions/0018): whoever dies before its commit
did nothing, and whoever dies after it has answered. An `apart` one, whose work is several
transactions or waits for the outside, leans on the business keys underneath.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from tortoise.exceptions import IntegrityError

from jejaring import world
from jejaring.db.transact import transact
from jejaring.kit.errors import Conflict, Invalid, Refusal
from jejaring.web.models import KeptReply

KEPT = timedelta(days=7)
# A process that died leaves the key running; after this long the POST may be tried again.
ABANDONED = timedelta(seconds=60)
KEY = re.compile(r"[!-~]{1,255}")


async def once(
    request: Request,
    organisation_id: str,
    answer: Callable[[], Awaitable[Response]],
    shown_once: tuple[str, ...] = (),
    *,
    apart: bool = False,
) -> Response:
    """Run `answer` under the request's key, or replay what it answered before.

    Without the header, just runs. Refusals (4xx) are not kept: nothing happened, and a corrected
    world may answer otherwise. The fields `shown_once` are kept as null. Raises Invalid 422 for
    another body, Conflict 409 while running.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return await answer()
    if not KEY.fullmatch(key):
        raise Refusal("bad_idempotency_key")
    body_hash = hashlib.sha256(await request.body()).hexdigest()
    where: dict[str, Any] = {
        "organisation_id": organisation_id,
        "method": request.method,
        "path": request.url.path[:300],
        "key": key,
    }
    row = await _claim(where, body_hash)
    if row.status is not None:
        again = {"Idempotency-Replayed": "true"}
        return Response(row.reply or "", row.status, again, media_type=row.content_type)

    async def work() -> Response:
        response = await answer()
        kept = await KeptReply.filter(id=row.id, status=None).update(
            status=response.status_code,
            reply=_kept(bytes(response.body).decode(), shown_once),
            content_type=response.media_type or "application/json",
        )
        if not kept and not apart:  # so slow that the key was abandoned: another does it
            raise Conflict("still_running")
        return response

    try:
        return await (work() if apart else transact(work))
    except asyncio.CancelledError:
        raise  # the transaction may still commit: leave the key running, and then abandoned
    except BaseException:
        await KeptReply.filter(id=row.id, status=None).delete()
        raise


def _kept(reply: str, shown_once: tuple[str, ...]) -> str:
    """The answer as it is stored: secrets that are shown once are not."""
    if not shown_once:
        return reply
    return json.dumps(json.loads(reply) | dict.fromkeys(shown_once), ensure_ascii=False)


async def _claim(where: dict[str, Any], body_hash: str) -> KeptReply:
    now = world.now()
    fresh: dict[str, Any] = {**where, "body_hash": body_hash, "started_at": now}
    try:
        return await transact(lambda: KeptReply.create(**fresh))
    except IntegrityError:
        row = await KeptReply.get_or_none(**where)
    if row is None:
        raise Conflict("still_running")
    if row.started_at < now - KEPT or (row.status is None and row.started_at < now - ABANDONED):
        # Not if it was answered while we looked.
        taken = await KeptReply.filter(
            id=row.id, started_at=row.started_at, status=row.status
        ).delete()
        if taken:
            return await _claim(where, body_hash)
        raise Conflict("still_running")
    if row.body_hash != body_hash:
        raise Invalid("idempotency_key_reused")
    if row.status is None:
        raise Conflict("still_running")
    return row
