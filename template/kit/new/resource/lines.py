"""The lines of a new resource that depend on its fields."""

from collections.abc import Iterable, Iterator, Sequence

from kit.new.names import Noun
from kit.new.resource.fields import Field
from kit.new.resource.kinds import ALIASES, STORED

# Characters for which the lines have room: names of fields that can be null, names of the resource and its key.
MAX_LISTED = 22
MAX_NAMES = 59


def placeholders(name: Noun, fields: Sequence[Field]) -> dict[str, str]:
    """Return what the patterns of a resource use besides its names."""
    nullable = [field.name for field in fields if field.is_null]
    unique = next((field for field in fields if field.is_unique), None)
    first = next((field for field in fields if not field.is_unique), fields[0])
    return {
        "aliases": "\n".join(_aliases(fields)),
        "stored": _indented(map(_stored, fields)),
        "incoming": _indented(map(_incoming, fields)),
        "patched": _indented(f"{field.name}: {_schema(field)} | None = None" for field in fields),
        "outgoing": _indented(f"{field.name}: {_python(field)}" for field in fields),
        "nullable": ", ".join(f'"{each}"' for each in nullable),
        "but_null": f", but null clears {_listed(nullable)}" if nullable else "",
        "changes": "changes()" if nullable else "model_dump(exclude_none=True)",
        "example": _object((field, field.type["samples"][0]) for field in fields),
        "required": _object((field, field.type["samples"][0]) for field in fields if field.is_required),
        "defaults": _object((field, _default_in_json(field)) for field in fields if not field.is_required),
        "invalid": _indented(_invalid(name, fields)),
        "changed": first.name,
        "changed_value": first.type["samples"][1],
        "unique": unique.name if unique else "",
        "that_are_new": _that_are_new(name.plural, unique.name if unique else ""),
        "upsert_result": ", UpsertResult" if unique else "",
        "next_value": unique.type["next"] if unique else "",
        "second_unique": unique.type["samples"][1] if unique else "",
    }


def _listed(names: Sequence[str]) -> str:
    listed = " and ".join(f"`{name}`" for name in names)
    return listed if len(listed) <= MAX_LISTED else "those that can be null"


def _that_are_new(plural: str, key: str) -> str:
    return f"whose `{key}` is new" if len(plural + key) <= MAX_NAMES else "that are new"


def _indented(lines: Iterable[str]) -> str:
    return "\n    ".join(lines)


def _object(items: Iterable[tuple[Field, str]]) -> str:
    return "{" + ", ".join(f'"{field.name}": {value}' for field, value in items) + "}"


def _aliases(fields: Sequence[Field]) -> Iterator[str]:
    used = {_schema(field) for field in fields}
    return (definition for alias, definition in ALIASES.items() if alias in used)


def _schema(field: Field) -> str:
    return field.type["or_empty"] if field.default == '""' else field.type["schema"]


def _python(field: Field) -> str:
    return f"{field.type['python']} | None" if field.is_null else field.type["python"]


def _incoming(field: Field) -> str:
    if field.is_null:
        return f"{field.name}: {_schema(field)} | None = None"
    return f"{field.name}: {_schema(field)}" + ("" if field.default is None else f" = {field.default}")


def _stored(field: Field) -> str:
    """Return the line of a field in the model or document."""
    type_ = field.type.get("stored", field.type["python"])
    line = STORED["field"].format(field.name, f"{type_} | None" if field.is_null else type_)
    default = STORED["null"] if field.is_null else field.default
    options = [field.type.get("column", ""), STORED["unique"] if field.is_unique else ""]
    options.append(STORED["default"].format(default) if default else "")
    given = ", ".join(filter(None, options))
    return line + (STORED["given"].format(given) if given else "")


def _default_in_json(field: Field) -> str:
    default = field.default or "None"
    return default.removeprefix("Decimal(").removesuffix(")") if field.kind == "decimal" else default


def _invalid(name: Noun, fields: Sequence[Field]) -> Iterator[str]:
    if any(field.is_required for field in fields):
        yield "{},"
    example = name.singular.upper()
    yield from (f'{example} | {{"{field.name}": {field.type["invalid"]}}},' for field in fields)
    yield f'{example} | {{"no_such_field": 1}},'
