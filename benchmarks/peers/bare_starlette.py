"""The same two routes on Starlette, without validation or API docs."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def identify(_request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok", "name": "example-service", "version": "0.1.0", "env": "staging"})


async def small(request: Request) -> JSONResponse:
    return JSONResponse({"number": int(request.path_params["number"]), "done": True})


app = Starlette(routes=[Route("/", identify), Route("/api/small/{number}", small)])
