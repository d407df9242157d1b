"""The fields of a new resource, as they are written on the command line."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click
from pydantic import BaseModel

from kit.new.defaults import literal
from kit.new.names import check
from kit.new.resource.kinds import KINDS, STORED

FIELD = re.compile(r"(?P<name>[^:]+):(?P<kind>\w*)(?P<null>\?)?(?P<unique>:unique)?(?:=(?P<default>.*))?", re.DOTALL)
# The fields of every resource, the names of types that other fields need, what the storage has, and the first
# argument of `BaseRepository.create`.
OF_ALL = {"id", "created_at", "updated_at", "bool", "date", "datetime", "float", "int", "str", "self"}
RESERVED = OF_ALL.union(STORED["reserved"].split())
EXAMPLE = "total:decimal, due:date? or note:text="


@dataclass(frozen=True)
class Field:
    """A field: its name and type, whether it can be null, whether its values are unique, and its default in Python."""

    name: str
    kind: str
    is_null: bool
    is_unique: bool
    default: str | None

    @property
    def type(self) -> dict[str, Any]:
        return KINDS[self.kind]

    @property
    def is_required(self) -> bool:
        return self.default is None and not self.is_null

    @property
    def parts(self) -> set[str]:
        """Return the parts of the patterns that this field needs."""
        parts = {"unique": self.is_unique, "null": self.is_null, "optional": not self.is_required}
        return {part for part, is_needed in (parts | {"required": self.is_required}).items() if is_needed}


def parse(texts: Sequence[str]) -> list[Field]:
    """Return the fields; refuse one that is not well-formed, or whose name is taken."""
    if not texts:
        raise click.UsageError(f"Name at least one field, such as {EXAMPLE}.")
    fields = [_parsed(text) for text in texts]
    names = [field.name for field in fields]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise click.UsageError(f"Name each field once. There are two with the name '{twice}'.")
    if len([field for field in fields if field.is_unique]) > 1:
        raise click.UsageError("Make one field unique: bulk upserts find a row by it. Add others in the code.")
    return fields


def _parsed(text: str) -> Field:
    match = FIELD.fullmatch(text)
    if not match:
        raise click.UsageError(f"Write a field like {EXAMPLE}. '{text}' is none.")
    name, kind = check(match["name"], of_attribute=True), match["kind"]
    if name in RESERVED or hasattr(BaseModel, name) or name.startswith("model_"):
        raise click.UsageError(f"Use a name such as its_{name}. '{name}' already means something in a resource.")
    if kind not in KINDS:
        raise click.UsageError(f"Use one of the types {', '.join(KINDS)}. '{text}' has '{kind}'.")
    field = Field(name, kind, bool(match["null"]), bool(match["unique"]), match["default"])
    _refuse_contradictions(text, field)
    return Field(name, kind, field.is_null, field.is_unique, literal(kind, field.default, text))


def _refuse_contradictions(text: str, field: Field) -> None:
    if field.is_unique and not field.is_required:
        raise click.UsageError(f"Leave out ? and =, or :unique. '{text}' finds rows in bulk upserts.")
    if field.is_unique and "next" not in field.type:
        kinds = ", ".join(kind for kind, described in KINDS.items() if "next" in described)
        raise click.UsageError(f"Use one of the types {kinds}. '{text}' cannot be unique on every database.")
    if field.is_null and field.default is not None:
        raise click.UsageError(f"Write either ? or a default. '{text}' has both.")
