"""`python -m app store`: what one engine exports, any engine can import."""

import base64
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from kit.cli import cli
from kit.store import StoreService, Value
from kit.store.transfer import export_lines, import_lines
from kit.tests.store.place import Place

NAMESPACE = uuid4().hex
VALUES: dict[str, Value] = {"bytes": b"\0\xff", "json": {"a": [1.5, None, "x"]}, "number": -7, "text": "é"}


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(cli, ["store", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def line(key: str, **fields: Any) -> dict[str, Any]:
    return {"namespace": NAMESPACE, "key": key, **fields}


def in_seconds(seconds: float) -> str:
    return datetime.fromtimestamp(time.time() + seconds, UTC).isoformat(timespec="milliseconds")


def test_what_is_imported_is_exported_again(tmp_path: Path) -> None:
    lines = [
        line("bytes", base64=base64.b64encode(b"\0\xff").decode()),
        line("expiring", value="soon", expires_at=in_seconds(1000), on_expiry="gone"),
        line("json", value={"a": [1.5, None, "x"]}),
        line("number", value=-7),
    ]
    (tmp_path / "in").write_text("".join(json.dumps(each) + "\n" for each in lines), "utf-8")
    assert run("import", str(tmp_path / "in")).stderr == "imported 4 keys\n"
    run("export", str(tmp_path / "out"))
    exported = [json.loads(each) for each in (tmp_path / "out").read_text("utf-8").splitlines()]
    mine = [each for each in exported if each["namespace"] == NAMESPACE]
    assert [{**each, "expires_at": None} for each in mine] == [{**each, "expires_at": None} for each in lines]
    old, new = (datetime.fromisoformat(each[1]["expires_at"]) for each in (lines, mine))
    assert abs((old - new).total_seconds()) < 1


@pytest.mark.anyio
async def test_values_and_deadlines_survive_export_and_import(store: StoreService, place: Place) -> None:
    await store.set_many("a", VALUES)
    await store.set("b", "key", 1, ttl=1000, on_expiry="gone")
    lines = [each async for each in export_lines(store)]
    await place.advance(2000)
    for key in VALUES:
        await store.delete("a", key)
    assert await import_lines(store, [each.decode() for each in lines]) == 5
    assert dict(await store.scan("a")) == VALUES
    assert (await store.engine.records(b"b", 1))[0].callback == "gone"
