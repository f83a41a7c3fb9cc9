"""Copies of photos: kept while somebody looks at them."""

from datetime import timedelta

from campaigns.catalog import photos
from campaigns.catalog.models import Photo
from jejaring import world

URL = "https://elsewhere.example/photo.jpg"


async def test_the_first_copy_of_a_photo_stays(db: None) -> None:
    assert await photos.kept(URL) is None
    await photos.keep(URL, b"first")
    await photos.keep(URL, b"second")
    assert await photos.kept(URL) == b"first"
    assert await photos.kept(URL + "?2") is None


async def test_a_copy_that_nobody_looks_at_is_forgotten(db: None) -> None:
    start = world.now()
    await photos.keep(URL, b"looked at")
    await photos.keep(URL + "?2", b"alone")
    with world.at(start + timedelta(days=60)):
        assert await photos.kept(URL) == b"looked at"
        assert await photos.forget_unused() == 0
    with world.at(start + timedelta(days=91)):
        assert await photos.forget_unused() == 1
        assert await photos.forget_unused() == 0
    assert await Photo.all().count() == 1
    assert await photos.kept(URL) == b"looked at"
