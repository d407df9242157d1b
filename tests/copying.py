"""Copies of the template at a fraction of what Copier takes for one, so that there may be many."""

import contextlib
import functools
import tempfile
from collections.abc import Callable, Generator
from typing import Any

import jinja2
import pytest
from copier._main import Worker
from copier._vcs import clone

Key = tuple[object, ...]


@contextlib.contextmanager
def cheap_copies() -> Generator[None]:
    """Clone each version and compile each text once, where Copier does both anew for each copy."""
    with pytest.MonkeyPatch.context() as monkeypatch, tempfile.TemporaryDirectory() as clones:
        monkeypatch.setattr(jinja2.Environment, "compile", _once(jinja2.Environment.compile))
        monkeypatch.setattr("copier._template.clone", _kept(clones))
        # It puts all answers together for each part of each path, where hardly one has a marker.
        monkeypatch.setattr(Worker, "_render_string", _if_marked(vars(Worker)["_render_string"]))
        monkeypatch.setattr(Worker, "answers_relpath", property(lambda worker: worker.template.answers_relpath))
        # It asks Git about every file, for repositories in which Git does not look at the modes of files itself.
        monkeypatch.setattr("copier._main.is_git_available", lambda: False)
        yield


def _kept(folder: str) -> Callable[..., str]:
    """Give the clone of a tag again; Copier only reads it, and removes the empty folder that it had made for it."""

    @functools.cache
    def clone_once(url: str, ref: str) -> str:
        return clone(url, ref, location=tempfile.mkdtemp(dir=folder))

    def give(url: str, ref: str, location: str) -> str:
        return clone(url, ref, location=location) if ref == "HEAD" else clone_once(url, ref)

    return give


def _if_marked(render: Callable[..., str]) -> Callable[..., str]:
    @functools.wraps(render)
    def render_string(worker: Worker, string: str, *context: object, **options: object) -> str:
        return render(worker, string, *context, **options) if "{" in string else string

    return render_string


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
