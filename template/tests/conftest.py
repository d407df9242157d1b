"""Your own fixtures. `app`, `client` and others come from the modules of `kit/testing` in pyproject.toml."""
