"""Copies of the template at a third of what Copier takes for one, so that there may be many."""

import contextlib
import functools
from collections.abc import Callable, Generator
from typing import Any

import jinja2
import pytest

Key = tuple[object, ...]


@contextlib.contextmanager
def cheap_copies() -> Generator[None]:
    """Compile each text once, where Copier compiles every name and every file anew for each copy."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(jinja2.Environment, "compile", _once(jinja2.Environment.compile))
        # It asks Git about every file, for repositories in which Git does not look at the modes of files itself.
        monkeypatch.setattr("copier._main.is_git_available", lambda: False)
        yield


def _once(compile_: Callable[..., Any]) -> Callable[..., Any]:
    compiled: dict[Key, Any] = {}

    @functools.wraps(compile_)
    def compile_once(environment: jinja2.Environment, source: object, *names: object, **options: object) -> object:
        # Environments with the same markers share a lexer; a file has another path in each clone of the template.
        key = (type(environment), environment.lexer, source, names[:1], *options.items())
        if key not in compiled:
            compiled[key] = compile_(environment, source, *names, **options)
        return compiled[key]

    return compile_once
