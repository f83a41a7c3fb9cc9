"""What the catalogue does by itself."""

from datetime import timedelta

from campaigns.catalog import photos
from jejaring.jobs.worker import Duty


async def _forget() -> None:
    await photos.forget_unused()


DUTIES: list[Duty] = [Duty("catalog.photos", timedelta(hours=1), _forget)]
