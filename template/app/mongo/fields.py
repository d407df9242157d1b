"""The fields of a document: their values, checked and as they are stored."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.mongo.documents import BaseDocument


class Fields:
    """The fields of a document class, by the names that its rows use."""

    def __init__(self, document: type[BaseDocument]) -> None:
        self.document = document
        self.fields = document.model_fields
        self._types = {name: TypeAdapter[Any](field.rebuild_annotation()) for name, field in self.fields.items()}

    def stored_name(self, name: str) -> str:
        """Give the name of a field in the database; raise `TypeError` for one that is not there."""
        if name not in self.fields:
            raise TypeError(f"{self.document.__name__} has no field '{name}'")
        return self.fields[name].alias or name

    def stored(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Check values, and give them as they are stored; raise `ValueError` for one that does not fit."""
        return {self.stored_name(name): self._stored_value(name, value) for name, value in values.items()}

    def first_values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Make the defaults that a new document has beside the given ones; raise `ValueError` if there are none."""
        missing = (name for name, field in self.fields.items() if (field.alias or name) not in given)
        return self.stored({name: self._default(name) for name in missing})

    def _default(self, name: str) -> Any:
        field = self.fields[name]
        if field.is_required():
            raise ValueError(f"Missing field '{name}' in document: it has no default")
        return field.get_default(call_default_factory=True, validated_data={})

    def _stored_value(self, name: str, value: Any) -> Any:
        try:
            checked = self._types[name].validate_python(value, strict=True)
        except ValidationError as error:
            raise ValueError(f"'{name}': {error.errors()[0]['msg']}") from error
        return self._types[name].dump_python(checked, by_alias=True)


@cache
def fields_of(document: type[BaseDocument]) -> Fields:
    return Fields(document)
