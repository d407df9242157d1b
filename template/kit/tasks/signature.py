"""The arguments of a task: checked when it is deferred and again when it runs, and stored as JSON in between."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, PydanticUserError, ValidationError, create_model

MAX_BYTES = 60_000  # what a text column holds on every database, with room for more bytes in a character
RESERVED = {"delay"}
OPTIONS = ConfigDict(extra="forbid", ser_json_inf_nan="constants")


class ArgumentsError(TypeError):
    """Arguments do not fit the signature of a task; the message names them, but has no values."""


class Signature:
    """The parameters of a task after the first, which is its run."""

    def __init__(self, work: Callable[..., Any]) -> None:
        """Read the parameters; raise `ValueError` if they cannot be stored as JSON."""
        hints = get_type_hints(work, include_extras=True)
        parameters = [*inspect.signature(work).parameters.values()]
        if not parameters or parameters.pop(0).kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD:
            raise ValueError("the first parameter of a task is its run; write `run: TaskRun`")
        self.names = [_checked(each, hints) for each in parameters]
        # Any name is possible for an argument, but not for the field of a model.
        fields: dict[str, Any] = {
            f"argument_{number}": (hints[each.name], Field(alias=each.name, default=_default(each)))
            for number, each in enumerate(parameters)
        }
        try:
            self._model = create_model("Arguments", __config__=OPTIONS, **fields)
            self._model.model_json_schema()
            schema = self._model.model_json_schema(mode="serialization")
        except PydanticUserError as error:
            raise ValueError(f"an argument cannot be stored as JSON: {error.message}") from error
        if "'writeOnly': True" in str(schema):
            raise ValueError("a secret is stored as asterisks; pass the id of what has it")

    def dump(self, arguments: Mapping[str, Any]) -> str:
        """Return the arguments as JSON; raise `ArgumentsError` if they do not fit."""
        model = self._checked(self._model.model_validate, arguments)
        try:
            text = model.model_dump_json(by_alias=True)
        except ValueError as error:
            raise ArgumentsError("they cannot be stored as JSON") from error
        if len(text.encode()) > MAX_BYTES:
            raise ArgumentsError(f"they have more than {MAX_BYTES} bytes; store the data, and pass its id")
        self.load(text)
        return text

    def load(self, text: str) -> dict[str, Any]:
        """Return the arguments from JSON; raise `ArgumentsError` if they do not fit any more."""
        model = self._checked(self._model.model_validate_json, text)
        return {name: getattr(model, f"argument_{number}") for number, name in enumerate(self.names)}

    @staticmethod
    def _checked(validate: Callable[[Any], BaseModel], given: object) -> BaseModel:
        try:
            return validate(given)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False, include_context=False)
            raise ArgumentsError("; ".join(_sentence(each) for each in faults)) from None
        except Exception as error:  # of a validator; its text may have values
            raise ArgumentsError(f"a validator has raised {type(error).__name__}") from error


def _checked(parameter: inspect.Parameter, hints: Mapping[str, Any]) -> str:
    if parameter.kind not in {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}:
        raise ValueError(f"the parameter {parameter.name} must have a name; `*` and `/` are not for tasks")
    if parameter.name in RESERVED:
        raise ValueError(f"the name {parameter.name} belongs to `defer`; choose another one for the argument")
    if parameter.name not in hints:
        raise ValueError(f"the argument {parameter.name} has no type")
    return parameter.name


def _default(parameter: inspect.Parameter) -> Any:
    return ... if parameter.default is inspect.Parameter.empty else parameter.default


def _sentence(fault: Mapping[str, Any]) -> str:
    return f"{'.'.join(map(str, fault['loc'])) or 'arguments'}: {fault['msg']}"
