"""Fixtures of your own. `app`, `client` and those of the servers come from `kit/testing`, as pyproject.toml lists."""
