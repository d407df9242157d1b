"""Validation errors: the first faults and their number, at a cost that the size of the request bounds."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from itertools import accumulate
from typing import Any, cast

from fastapi import Request, Response
from fastapi._compat import ModelField
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from kit.errors.bodies import error_response
from kit.settings import Settings, get_settings

Fault = dict[str, Any]
Location = tuple[int | str, ...]

MAX_FAULTS = 50
MAX_STEPS = 10  # in the location of a fault
MAX_STEP_LENGTH = 100
MAX_MESSAGE_LENGTH = 300
MAX_BODY_LENGTH = 10_000  # characters that debug mode shows
MAX_VALUES = 10_000  # in a body of which all faults are looked for
MAX_WEIGHT = 2_000_000  # the depths of all values of a body together, if a model contains itself
RECURSIVE = "definitions"  # the schema of a type that contains itself
COLLECTIONS = {"list", "tuple", "set", "frozenset", "deque", "dict"}  # their schemas have the option `fail_fast`
FURTHER = "further_faults"  # the type of an entry that stands for the faults that are left out


def bound_validation_errors() -> None:
    """Make FastAPI create only the first faults of a value.

    Its own method creates all of them, as objects: for a body of 10 MB this takes gigabytes, and blocks for seconds.
    FastAPI has no option for it, so this replaces a private method; the tests fail if FastAPI changes it.
    """
    field: Any = ModelField
    field.validate = _validate


async def handle_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults, further = _shown(list(error.errors()))
    details: dict[str, Any] = {"errors": faults}
    if further:
        details["count"] = len(faults) + further
    if get_settings(request.app, Settings).debug:
        details["body"] = _shown_body(error.body)
    return error_response(request, HTTPStatus.UNPROCESSABLE_ENTITY, "The request is not valid", details)


def _validate(self: Any, value: Any, values: object = None, *, loc: Location = ()) -> tuple[Any, list[Fault]]:
    """Do what FastAPI's method does, with a limit on the faults."""
    del values
    if loc[:1] == ("body",) and self._type_adapter.core_schema["type"] == RECURSIVE and _is_too_deep(value):
        return None, [{"type": "too_deep", "loc": loc, "msg": "The body has too many values that are nested deeply"}]
    is_long = loc[:1] == ("body",) and _has_many_values(value)
    validator = _impatient(self._type_adapter) if is_long else self._type_adapter
    try:
        return validator.validate_python(value, from_attributes=True), []
    except ValidationError as error:
        return None, [{**fault, "loc": (*loc, *fault["loc"])} for fault in _first_faults(error)]


def _impatient(adapter: Any) -> Any:
    """Return a validator that leaves each list and dictionary at its first fault, made once for an adapter.

    To find all faults of 10 MB of wrong numbers takes seconds and gigabytes, however few of them are shown.
    """
    if not hasattr(adapter, "impatient"):
        schema = _with_fail_fast(adapter.core_schema)
        # The validators that models have already are without the option.
        adapter.impatient = adapter.validator.__class__(schema, _use_prebuilt=False)
    return adapter.impatient


def _with_fail_fast(schema: Any) -> Any:
    if isinstance(schema, list):
        return list(map(_with_fail_fast, cast("list[Any]", schema)))
    if isinstance(schema, tuple):
        return tuple(map(_with_fail_fast, cast("tuple[Any, ...]", schema)))
    if not isinstance(schema, dict):
        return schema
    parts = {name: _with_fail_fast(part) for name, part in cast("dict[str, Any]", schema).items()}
    return parts | {"fail_fast": True} if parts.get("type") in COLLECTIONS else parts


def _has_many_values(value: Any) -> bool:
    return any(count > MAX_VALUES for count in accumulate(_counts_by_depth(value)))


def _is_too_deep(value: Any) -> bool:
    """Whether the depths of all values add up to too much: each fault has a location, as long as the value is deep."""
    weights = (depth * count for depth, count in enumerate(_counts_by_depth(value), start=1))
    return any(weight > MAX_WEIGHT for weight in accumulate(weights))


def _counts_by_depth(value: Any) -> Iterator[int]:
    """Yield how many values are in the collections of each depth, the outermost first."""
    level = [_parts(value)]
    while level:
        yield sum(map(len, level))
        level = [parts for each in level for value in each if (parts := _parts(value))]


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*cast("dict[str, Any]", value).values()]
    return cast("list[Any]", value) if isinstance(value, list) else []


def _first_faults(error: ValidationError) -> list[Fault]:
    if error.error_count() <= MAX_FAULTS:
        return list(map(dict, error.errors(include_url=False)))
    # Pydantic cannot create only some of the faults; as JSON, all of them are fast and small.
    text = error.json(include_url=False, include_input=False, include_context=False)
    faults: list[Fault] = []
    position = 1
    while len(faults) < MAX_FAULTS:
        fault, end = json.JSONDecoder().raw_decode(text, position)
        faults.append(fault)
        position = end + 1
    further = error.error_count() - MAX_FAULTS
    return [*faults, {"type": FURTHER, "loc": (), "msg": f"{further} further faults", "count": further}]


def _shown(faults: list[Fault]) -> tuple[list[Fault], int]:
    """Return what a client sees of the first faults, and the number of further ones."""
    listed = [fault for fault in faults if fault["type"] != FURTHER]
    further = sum(fault["count"] for fault in faults if fault["type"] == FURTHER)
    return [_short(fault) for fault in listed[:MAX_FAULTS]], further + len(listed[MAX_FAULTS:])


def _short(fault: Fault) -> Fault:
    steps = [_cut(step, MAX_STEP_LENGTH) if isinstance(step, str) else step for step in fault["loc"][:MAX_STEPS]]
    more = ["…"] if len(fault["loc"]) > MAX_STEPS else []
    return {"loc": [*steps, *more], "msg": _cut(fault["msg"], MAX_MESSAGE_LENGTH), "type": fault["type"]}


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def _shown_body(body: Any) -> object:
    text = body.decode(errors="replace") if isinstance(body, bytes) else body
    whole = text if isinstance(text, str) else json.dumps(text, default=str)
    return text if len(whole) <= MAX_BODY_LENGTH else _cut(whole, MAX_BODY_LENGTH)
