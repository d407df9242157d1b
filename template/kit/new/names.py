"""Names that are right in the code, in a URL and where data is kept."""

import builtins
import keyword
import re
import unicodedata
from dataclasses import dataclass

import click

MAX_LENGTH = 40  # so that lines, and the names of constraints, have room for what is added
ES = ("sses", "shes", "ches", "xes", "zzes")


@dataclass(frozen=True)
class Noun:
    """A thing and many of them, as in `order_line` and `order_lines`."""

    singular: str
    plural: str

    @property
    def placeholders(self) -> dict[str, str]:
        """Return the names that a pattern can use."""
        article = "an" if self.singular[0] in "aeiou" else "a"
        return {
            "thing": self.singular,
            "things": self.plural,
            "Thing": class_name(self.singular),
            "THINGS": self.plural.upper(),
            "THING": self.singular.upper(),
            "word": self.singular.replace("_", " "),
            "words": self.plural.replace("_", " "),
            "an": article,
            "An": article.capitalize(),
        }


def noun(plural: str, singular: str | None) -> Noun:
    """Check the name of a resource; refuse it if it is not a plural and its singular is not given."""
    check(plural)
    if singular is None and (not plural.endswith("s") or plural.endswith("ss")):
        raise click.UsageError(f"Use a plural such as {_plural_of(plural)}, or add --singular. '{plural}' is none.")
    singular = check(singular) if singular else _checked_singular_of(plural)
    if singular == plural:
        raise click.UsageError(f"Say another --singular than '{plural}': one of many needs a name of its own.")
    return Noun(singular, plural)


def check(name: str, *, of_attribute: bool = False) -> str:
    """Return a name in snake_case; refuse one that Python or a URL reads differently.

    An attribute can have the name of a built-in function, such as `type`.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise click.UsageError(f"Use a name such as {_suggestion(name)}. '{name}' is not in snake_case.")
    if len(name) > MAX_LENGTH:
        raise click.UsageError(f"Use a name with at most {MAX_LENGTH} characters. '{name}' has {len(name)}.")
    if name == "l":
        raise click.UsageError("Use a longer name. 'l' looks like the number 1.")
    is_built_in = keyword.issoftkeyword(name) or hasattr(builtins, name)
    if keyword.iskeyword(name) or (is_built_in and not of_attribute):
        raise click.UsageError(f"Use a name such as {_longer(name)}. '{name}' is a word of Python's own.")
    return name


def singular_of(plural: str) -> str:
    """Return one of many: `category`, `box`, `order`; `--singular` is for words that are not regular."""
    if plural.endswith("ies"):
        return f"{plural[:-3]}y"
    return plural[:-2] if plural.endswith(ES) else plural[:-1]


def _checked_singular_of(plural: str) -> str:
    try:
        return check(singular_of(plural))
    except click.UsageError as error:
        raise click.UsageError(f"Add --singular, or use another plural. {error.message}") from None


def class_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _plural_of(name: str) -> str:
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("s", "x", "ch", "sh")) else f"{name}s"


def _suggestion(name: str) -> str:
    """Return the nearest name in snake_case: without folders, accents, capitals and dashes."""
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    last = unicodedata.normalize("NFKD", last).encode("ascii", "ignore").decode()
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", last).lower()
    return re.sub(r"[^a-z0-9]+", "_", words).strip("_0123456789") or "orders"


def _longer(name: str) -> str:
    return f"my_{name.strip('_').lower()}"
