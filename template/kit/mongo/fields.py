"""The fields of a document: how their values are checked, and how they are stored."""

from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from datetime import datetime
from functools import cache
from types import NoneType
from typing import Any, cast
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from kit.mongo.documents import BaseDocument

# The types of most values: dumping these would take as long as checking them.
STORED_AS_THEY_ARE = {str, int, float, bool, UUID, datetime, NoneType}


class Field:
    """A field, with its name in Python and the name that it is stored under."""

    def __init__(self, name: str, info: FieldInfo) -> None:
        self.name = name
        self.stored_name = info.alias or name
        self.is_required = info.is_required()
        self.make_default = _default_maker(info)
        self._type = TypeAdapter[Any](info.rebuild_annotation())

    def stored(self, value: Any) -> Any:
        """Check a value, and return it as it is stored; raise `ValueError` if it does not fit."""
        try:
            checked = self._type.validate_python(value, strict=True)
        except ValidationError as error:
            raise ValueError(f"'{self.name}': {error.errors()[0]['msg']}") from error
        return self._dumped(checked)

    def default(self) -> Any:
        """Return the field's default, as it is stored."""
        return self._dumped(self.make_default())

    def _dumped(self, value: Any) -> Any:
        return value if type(value) in STORED_AS_THEY_ARE else self._type.dump_python(value, by_alias=True)


class Fields:
    """The fields of a document class."""

    def __init__(self, document: type[BaseDocument]) -> None:
        self.document = document
        self.fields = {name: Field(name, info) for name, info in document.model_fields.items()}
        self.stored_fields = {field.stored_name: field for field in self.fields.values()}
        self.required = [field for field in self.fields.values() if field.is_required]

    def stored(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Check values by the names of their fields, and return them as they are stored.

        Raises `TypeError` for an unknown field, and `ValueError` for a value that does not fit.
        """
        for name in values:
            if name not in self.fields:
                raise TypeError(f"{self.document.__name__} has no field '{name}'")
        return {(field := self.fields[name]).stored_name: field.stored(value) for name, value in values.items()}

    def check_complete(self, given: Collection[str]) -> None:
        """Raise `ValueError` if a new document with only these stored names lacks a required field."""
        for field in self.required:
            if field.stored_name not in given:
                raise ValueError(f"Missing field '{field.name}' in document: it has no default")

    def defaults(self, given: Collection[str]) -> dict[str, Any]:
        """Return the defaults of a new document, except for the stored names that are given."""
        return {name: field.default() for name, field in self.stored_fields.items() if name not in given}


@cache
def fields_of(document: type[BaseDocument]) -> Fields:
    return Fields(document)


def _default_maker(info: FieldInfo) -> Callable[[], Any]:
    if info.default_factory:
        return cast("Callable[[], Any]", info.default_factory)
    return lambda: deepcopy(info.default)
