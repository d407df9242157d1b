"""Cheap copies of the template, so that the tests can make many."""

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
    """Clone each version and compile each text only once; Copier does both again for each copy."""
    with pytest.MonkeyPatch.context() as monkeypatch, tempfile.TemporaryDirectory() as clones:
        monkeypatch.setattr(jinja2.Environment, "compile", _once(jinja2.Environment.compile))
        monkeypatch.setattr("copier._template.clone", _kept(clones))
        # Copier prepares all answers for each part of each path, though hardly any part has a marker.
        monkeypatch.setattr(Worker, "_render_string", _if_marked(vars(Worker)["_render_string"]))
        monkeypatch.setattr(Worker, "answers_relpath", property(lambda worker: worker.template.answers_relpath))
        # Copier asks Git about every file, for repositories in which Git ignores the modes of files.
        monkeypatch.setattr("copier._main.is_git_available", lambda: False)
        yield


def _kept(folder: str) -> Callable[..., str]:
    """Return the same clone of a tag each time. Copier only reads it, and removes the empty folder that it made."""

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
        # Environments with the same markers share a lexer; in each clone of the template a file has another path.
        key = (type(environment), environment.lexer, source, names[:1], *options.items())
        if key not in compiled:
            compiled[key] = compile_(environment, source, *names, **options)
        return compiled[key]

    return compile_once
