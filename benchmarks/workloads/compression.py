"""A list of 100 items from the service, by what the client accepts: bytes, and time of the processor."""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from uuid import UUID, uuid4

from fastapi import APIRouter, FastAPI
from kit.testing.service import create_app, given
from pydantic import BaseModel

from benchmarks.rounds import in_turn

PATH = "/list"
ACCEPTED = {"nothing": None, "gzip": b"gzip", "zstd": b"zstd"}
router = APIRouter()


class Item(BaseModel):
    id: UUID
    sku: str
    name: str
    quantity: int
    created_at: datetime
    updated_at: datetime


ITEMS = [
    Item(
        id=uuid4(),
        sku=f"sample-{number}",
        name=f"Sample {number}",
        quantity=number,
        created_at=datetime.now(UTC),
        updated_at=datetime.now(UTC),
    )
    for number in range(100)
]


@router.get(PATH)
async def items() -> list[Item]:
    return ITEMS


async def size(app: FastAPI, accepted: bytes | None) -> int:
    """Answer one request, and return the bytes of its body."""
    sent = 0
    scope = {"type": "http", "asgi": {"version": "3.0"}, "method": "GET", "path": PATH, "query_string": b""}
    headers = [(b"accept-encoding", accepted)] if accepted else []

    async def receive() -> dict[str, object]:
        return {"type": "http.request"}

    async def send(message: dict[str, bytes]) -> None:
        nonlocal sent
        sent += len(message.get("body", b""))

    await app({**scope, "headers": headers}, receive, send)
    return sent


async def rate(app: FastAPI, accepted: bytes | None, count: int) -> float:
    """Return the requests per second of the processor."""
    started = time.process_time()
    for _ in range(count):
        await size(app, accepted)
    return count / (time.process_time() - started)


async def compare(count: int, rounds: int) -> dict[str, object]:
    apps = {"off": create_app(given(compression=False)), "on": create_app(given())}
    for app in apps.values():
        app.include_router(router)
    contenders = {"compression off": (apps["off"], None)}
    contenders |= {f"{name} accepted": (apps["on"], value) for name, value in ACCEPTED.items()}
    sizes = {name: await size(*each) for name, each in contenders.items()}
    measures = {name: lambda each=each: rate(*each, count) for name, each in contenders.items()}
    return {"sizes": sizes, "rates": await in_turn(measures, rounds)}


def main() -> None:
    count, rounds = int(sys.argv[1]), int(sys.argv[2])
    found = asyncio.run(compare(count, rounds))
    sys.stdout.write(f"\n{json.dumps(found)}\n")


if __name__ == "__main__":
    main()
