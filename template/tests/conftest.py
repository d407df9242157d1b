"""The fixtures of all tests: those of each module beside this one that is not itself a test."""

from pathlib import Path

import pytest

names = {path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith(("test_", "_"))}
pytest_plugins = sorted(f"tests.{name}" for name in names - {"conftest"})
pytest.register_assert_rewrite(*pytest_plugins)  # before one of them imports another
