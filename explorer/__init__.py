"""The page on which to choose answers: what it shows is rendered here, and put together in the browser.

`uv run python -m explorer` writes what the page of the documentation needs into docs/explorer, before zensical builds.
"""
