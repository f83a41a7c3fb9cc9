"""The anchor of the redirect: a bare Starlette `RedirectResponse`, nothing else."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route


async def redirect(request: Request) -> RedirectResponse:
    return RedirectResponse("https://shop.example/kemeja?jj=0123456789", 302)


app = Starlette(routes=[Route("/r/{code}", redirect)])
