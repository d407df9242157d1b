"""The fixtures of all tests."""

pytest_plugins = [
    "tests.service",
    # {% if database in ["sqlite", "postgres", "mysql"] %}
    "tests.database",
    # {% filter replace("sqlite", database) %}
    "tests.sqlite",
    # {% endfilter %}
    # {% endif %}
    # {% if scheduler == "apscheduler" %}
    "tests.jobs_in_service",
    # {% endif %}
    # {% if scheduler == "taskiq" %}
    "tests.jobs_on_queue",
    # {% endif %}
]
