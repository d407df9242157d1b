"""What routes, rows, keys and files cost when there are many of them; all in one service, without HTTP."""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from app.api.v1.items.dependencies import open_items
from app.api.v1.items.model import Item
from app.api.v1.items.repository import ItemRepository
from app.api.v1.items.schemas import ItemIn
from app.api.v1.items.service import ItemService
from fastapi import APIRouter, FastAPI
from kit.application import opened
from kit.route_table import install_route_table
from kit.sql import get_database
from kit.store.lmdb.engine import LmdbEngine
from kit.store.lmdb.settings import LmdbSettings
from kit.store.store import StoreService
from kit.temp_files.settings import TempFilesSettings
from kit.temp_files.temp_files import TempFileService
from pydantic import SecretStr

BATCH = 5000
REPEATS = 200
Row = list[float | None]
Step = Callable[[], Awaitable[object]]


async def microseconds(step: Step, repeats: int = REPEATS) -> float:
    """Return the best of five times of a step, in microseconds."""
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(repeats):
            await step()
        best = min(best, time.perf_counter() - started)
    return 1e6 * best / repeats


async def routes(count: int) -> Row:
    """Ask the last of many routes, with the table of routes and without it."""

    def make() -> FastAPI:
        app = FastAPI()
        for start in range(0, count, 10):
            router = APIRouter(prefix=f"/group{start}")
            for number in range(start, start + 10):
                router.add_api_route(f"/things{number}/{{thing}}", show)
            app.include_router(router)
        return app

    async def show(thing: int) -> int:
        return thing

    started = time.perf_counter()
    ours = make()
    made = time.perf_counter() - started
    install_route_table(ours)
    path = f"/group{count - 10}/things{count - 1}/7"
    return [*[await microseconds(partial(ask, each, path)) for each in (ours, make())], 1000 * made]


async def ask(app: FastAPI, path: str) -> None:
    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"", "root_path": ""}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Any) -> None:
        pass

    await app(scope, receive, send)


async def rows(count: int) -> Row:
    """Read one row, and the first and a middle page of ten, with so many items."""
    async with opened() as app:
        for start in range(0, count, BATCH):
            async with open_items(app) as items:
                numbers = range(start, min(start + BATCH, count))
                await items.upsert([ItemIn(sku=f"sku {number}", name="some item") for number in numbers])
        async with get_database(app).read_session() as session:
            items = ItemService(ItemRepository(Item, session))
            middle = (await items.get_page(None, None, 1)).items[0].id
            for _ in range(count // 2000):
                middle = (await items.get_page(None, middle, 1000)).items[-1].id
            steps: list[Step] = [
                lambda: items.get(middle),
                lambda: items.get_page(None, None, 10),
                lambda: items.get_page(None, middle, 10),
            ]
            return [await microseconds(step) for step in steps]


async def keys(count: int) -> Row:
    """Get and set one of many keys, and the size of the store in MB."""
    async with folder() as path:
        store = StoreService(LmdbEngine(LmdbSettings(path=path), 0))
        for start in range(0, count, BATCH):
            numbers = range(start, min(start + BATCH, count))
            await store.set_many("bench", {f"key-{number:08}": "x" * 200 for number in numbers}, ttl=3600)
        turn = iter(range(10**9))

        def key() -> str:
            return f"key-{next(turn) * 7919 % count:08}"

        steps: list[Step] = [lambda: store.get("bench", key()), lambda: store.set("bench", key(), "y", ttl=3600)]
        found: Row = [await microseconds(step, 20) for step in steps]
        await store.close()
        return [*found, sum(file.stat().st_blocks * 512 for file in path.rglob("*") if file.is_file()) / 1e6]


async def files(count: int) -> Row:
    """Save one file beside many, read its metadata, and look at all as the cleaner does, in milliseconds."""
    async with folder() as path:
        service = TempFileService(TempFilesSettings(url=SecretStr(f"file://{path}")))
        for start in range(0, count, 100):
            await asyncio.gather(*(service.save(f"{number}.txt", b"x") for number in range(start, start + 100)))
        turn = iter(range(10**9))
        steps: list[Step] = [lambda: service.save(f"more {next(turn)}", b"x"), lambda: service.stat("7.txt")]
        found: Row = [await microseconds(step, 20) for step in steps]
        started = time.perf_counter()
        async for _ in service.list():
            pass
        return [*found, 1000 * (time.perf_counter() - started)]


@asynccontextmanager
async def folder() -> AsyncGenerator[Path]:
    with tempfile.TemporaryDirectory(prefix="slipway-", dir=Path.cwd()) as path:
        yield Path(path)


MEASURED: dict[str, Callable[[int], Coroutine[Any, Any, Row]]] = {
    "routes": routes,
    "rows": rows,
    "keys": keys,
    "files": files,
}


async def main(what: str, sizes: list[int]) -> None:
    found = [[size, *await MEASURED[what](size)] for size in sizes]
    print(json.dumps(found))  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], [int(size) for size in sys.argv[2:]]))
