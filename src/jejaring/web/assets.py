"""Static files under names that carry their hash, so that a browser may keep them for a year."""

import gzip
import hashlib
from functools import lru_cache
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from jejaring.kit.errors import NotFound

TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
}


@lru_cache(maxsize=64)
def _file(name: str) -> tuple[bytes, str]:
    content = resources.files("jejaring.web").joinpath("static", name).read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:10]


@lru_cache(maxsize=64)
def _packed(name: str) -> bytes:
    return gzip.compress(_file(name)[0], mtime=0)


def url(name: str) -> str:
    """`app.css` → `/static/app.1f0c….css`. FileNotFoundError for a file that does not exist."""
    stem, _, ending = name.rpartition(".")
    return f"/static/{stem}.{_file(name)[1]}.{ending}"


async def serve(request: Request) -> Response:
    """The file, whatever hash is asked for (an old page may ask for an old one)."""
    parts = str(request.path_params["name"]).split(".")
    if len(parts) not in (2, 3) or parts[-1] not in TYPES:
        raise NotFound
    name = f"{parts[0]}.{parts[-1]}"
    try:
        content, digest = _file(name)
    except (FileNotFoundError, ValueError, OSError) as exc:
        raise NotFound from exc
    fresh = len(parts) == 3 and parts[1] == digest
    keep = "public, max-age=31536000, immutable" if fresh else "public, max-age=300"
    headers = {"Cache-Control": keep, "Vary": "Accept-Encoding"}
    if parts[-1] != "png" and "gzip" in request.headers.get("accept-encoding", ""):
        content, headers["Content-Encoding"] = _packed(name), "gzip"
    return Response(content, media_type=TYPES[parts[-1]], headers=headers)


ROUTES = [Route("/static/{name}", serve, name="static")]
