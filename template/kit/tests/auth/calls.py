"""Routes with each policy, and calls of WebSockets, for the tests of users."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, WebSocket

from kit.auth import User, UserDep, authenticated, public, requires

router = APIRouter()


@router.get("/trial/public", dependencies=[Depends(public)])
async def get_public() -> str:
    return "public"


@router.get("/trial/me")
async def get_me(user: UserDep) -> User:
    return user


@router.get("/trial/things/{thing_id}")
async def get_thing(thing_id: int, user: Annotated[User, requires("things:read")]) -> str:
    return f"{user.id} {thing_id}"


@router.post("/trial/things", dependencies=[requires("things:read", "things:write")])
async def create_thing(thing: dict[str, int]) -> dict[str, int]:
    return thing


@router.websocket("/trial/live", dependencies=[requires("things:read")])
async def live(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


@router.websocket("/trial/open", dependencies=[Depends(authenticated)])
async def live_for_users(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


async def connect(app: FastAPI, path: str, **headers: str) -> list[dict[str, Any]]:
    """Return what a service sends to a client that opens a WebSocket."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "websocket", "path": path, "query_string": b"", "headers": pairs}
    await app(scope, receive, send)
    return sent
