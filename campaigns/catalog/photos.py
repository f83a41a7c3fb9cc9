"""Our copies of products' photos: kept as long as somebody looks at them."""

from datetime import timedelta
from hashlib import sha256

from campaigns.catalog.models import Photo
from jejaring import world

NOTED_EVERY = timedelta(days=1)
FORGOTTEN_AFTER = timedelta(days=90)
A_TURN = 200


def _key(url: str) -> str:
    return sha256(url.encode()).hexdigest()


async def kept(url: str) -> bytes | None:
    """The JPEG of this address, if we have it; that it was used is noted once a day."""
    found = await Photo.get_or_none(id=_key(url))
    if found is None:
        return None
    now = world.now()
    if found.used_at < now - NOTED_EVERY:
        await Photo.filter(id=found.id).update(used_at=now)
    return found.jpeg


async def keep(url: str, jpeg: bytes) -> None:
    """Store it; where another process was quicker, theirs stays."""
    photo = Photo(id=_key(url), jpeg=jpeg, used_at=world.now())
    await Photo.bulk_create([photo], ignore_conflicts=True)


async def forget_unused() -> int:
    """Delete copies that nobody looked at for 90 days, some a turn; how many. Whoever looks again
    has them fetched again.
    """
    before = world.now() - FORGOTTEN_AFTER
    ids = await Photo.filter(used_at__lt=before).limit(A_TURN).values_list("id", flat=True)
    return await Photo.filter(id__in=ids, used_at__lt=before).delete() if ids else 0
