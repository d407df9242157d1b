"""Every combination, rendered in memory: each file once for each assignment of the answers that it mentions.

Copier renders every file again for each copy. `tests/test_copying.py` compares the results, byte for byte.
"""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from copier._main import Worker
from jinja2 import Environment, Template
from jinja2.meta import find_undeclared_variables
from pathspec import PathSpec

from tests.combinations import Answer, Combination, Configuration, all_combinations, applies, configuration

ANSWERS_FILE = "{@ _copier_conf.answers_file @}"
RECORD = ".copier-answers.yml"

Context = dict[str, Any]


@dataclass(frozen=True)
class Tree:
    """A rendered service in memory: the texts of its files by their paths, and its folders."""

    combination: Combination
    files: Mapping[str, str]
    folders: frozenset[str]

    @property
    def id(self) -> str:
        return self.combination.id

    @property
    def answers(self) -> dict[str, Answer]:
        return self.combination.answers

    def read(self, name: str) -> str:
        return self.files[name]

    def names(self, prefix: str = "") -> tuple[str, ...]:
        """Return the paths of the files that start with `prefix`, sorted."""
        return tuple(name for name in self.files if name.startswith(prefix))

    def write(self, folder: Path) -> Path:
        for name, text in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
        return folder


@dataclass
class Source:
    """A text with markers, and its rendered text for each assignment of the names that it mentions."""

    template: Template
    names: tuple[str, ...]
    rendered: dict[tuple[object, ...], str] = field(default_factory=dict[tuple[object, ...], str])

    @classmethod
    def of(cls, environment: Environment, text: str) -> "Source":
        return cls(environment.from_string(text), tuple(sorted(find_undeclared_variables(environment.parse(text)))))

    def render(self, context: Context) -> str:
        if any(
            name.startswith("_copier") for name in self.names
        ):  # the record of the answers, and the name of its file
            return self.template.render(context)
        key = tuple(context.get(name) for name in self.names)
        if key not in self.rendered:
            self.rendered[key] = self.template.render(context)
        return self.rendered[key]


class Renderer:
    """A renderer with the same results as Copier, from a repository whose newest commit has the tag `version`.

    `source` is the name of the repository in Copier's command, if it is not its path.
    """

    def __init__(self, repository: Path, version: str, source: str = "") -> None:
        self._record = {"_commit": version, "_src_path": source or str(repository)}
        self._environment: Environment = Worker(src_path=str(repository)).jinja_env
        self._source = functools.cache(functools.partial(Source.of, self._environment))
        self._paths = sorted(_below(repository / configuration()["_subdirectory"]))
        self._texts = {path: (repository / configuration()["_subdirectory"] / path) for path in self._paths}
        self._contents = {path: file.read_text("utf-8") for path, file in self._texts.items() if file.is_file()}
        self._removed = functools.cache(self._removed_by)
        self._equal: dict[str, str] = {}

    def tree(self, combination: Combination) -> Tree:
        context = self._context(configuration(), combination)
        excluded = "\n".join(self._source(text).render(context) for text in configuration()["_exclude"])
        removed = frozenset[str]().union(*(self._removed(line) for line in excluded.splitlines()))
        names = [path for path in self._paths if path not in removed]
        files = {self._named(name): self._render(name, context) for name in names if name in self._contents}
        return Tree(combination, dict(sorted(files.items())), frozenset(names) - self._contents.keys())

    def _render(self, name: str, context: Context) -> str:
        text = self._source(self._contents[name]).render(context)
        return self._equal.setdefault(text, text)  # so that equal texts are the same object

    def _named(self, path: str) -> str:
        return RECORD if path == ANSWERS_FILE else path

    def _removed_by(self, pattern: str) -> frozenset[str]:
        """Return the paths that a line of `_exclude` removes. No line may restore a path that the template has."""
        matched = frozenset(PathSpec.from_lines("gitignore", [pattern.removeprefix("!")]).match_files(self._paths))
        assert not (matched and pattern.startswith("!")), pattern
        return matched

    def _context(self, questions: Configuration, combination: Combination) -> Context:
        """Return the answers as Copier completes them, with defaults and computed values."""
        context: Context = {"_copier_conf": {"answers_file": RECORD}}
        recorded: Context = {}
        for name, question in questions.items():
            if name.startswith("_"):
                continue
            context[name] = combination.answers.get(name, self._default(question, context))
            if applies(questions, name, context):
                recorded[name] = context[name]
        return context | {"_copier_answers": self._record | recorded}

    def _default(self, question: Configuration, context: Context) -> Answer:
        default = question["default"]
        if not isinstance(default, str):
            return default
        text = self._source(default).render(context)
        return text == "True" if question["type"] == "bool" else text


def render_all(repository: Path, version: str) -> list[Tree]:
    return list(map(Renderer(repository, version).tree, all_combinations()))


def questions_of(trees: list[Tree]) -> dict[str, set[str]]:
    """Return, for each path, the questions whose answers decide its content or whether it exists."""
    depends = functools.cache(functools.partial(_questions, trees))
    names = sorted({name for tree in trees for name in tree.files})
    return {name: depends(tuple(id(tree.files.get(name)) for tree in trees)) for name in names}


def _questions(trees: list[Tree], signature: tuple[int, ...]) -> set[str]:
    questions = {question for tree in trees for question in tree.answers}
    return {question for question in questions if _decides(question, trees, signature)}


def _decides(question: str, trees: list[Tree], signature: tuple[int, ...]) -> bool:
    """Whether two combinations that differ only in this answer have different signatures."""
    seen: dict[frozenset[tuple[str, Answer]], int] = {}
    for tree, content in zip(trees, signature, strict=True):
        others = frozenset(pair for pair in tree.combination.pairs if pair[0] not in (question, *_following(question)))
        if seen.setdefault(others, content) != content:
            return True
    return False


@functools.cache
def _following(question: str) -> tuple[str, ...]:
    """Return the questions that are asked only for some answers to this one."""
    return tuple(
        name for name, each in configuration().items() if not name.startswith("_") and question in str(each.get("when"))
    )


def _below(folder: Path) -> Iterable[str]:
    return (path.relative_to(folder).as_posix() for path in folder.rglob("*"))
