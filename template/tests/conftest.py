"""The fixtures of all tests."""

pytest_plugins = [
    "tests.service",
    # {% if database in ["sqlite", "postgres", "mysql"] %}
    "tests.database",
    # {% filter replace("sqlite", database) %}
    "tests.sqlite",
    # {% endfilter %}
    # {% endif %}
    # {% if store != "none" %}
    # {% filter replace("lmdb", store) %}
    "tests.lmdb",
    # {% endfilter %}
    # {% endif %}
]
