"""Puts the service together: its features, settings, middleware and routes."""

from pathlib import Path

from fastapi import FastAPI

from app.settings import Settings
from kit import (
    # {% if auth != "none" %}
    auth,
    # {% endif %}
    garbage,
    health,
    http_client,
    # {% if storage == "mongo" %}
    mongo,
    # {% elif storage == "sql" %}
    sql,
    # {% endif %}
    # {% if scheduler != "none" and storage != "none" %}
    tasks,
    # {% endif %}
    # {% if telemetry != "none" %}
    telemetry,
    # {% endif %}
    # {% if temp_files %}
    temp_files,
    # {% endif %}
)
from kit.application import equip

# {%- if auth != "none" +%}
from kit.auth import (
    # {% if auth == "accounts" %}
    accounts,
    # {% endif %}
    # {% if storage != "none" %}
    api_keys,
    # {% endif %}
    # {% if auth == "oidc" %}
    oidc,
    # {% endif %}
)

# {%- endif +%}
from kit.errors import RESPONSES
from kit.log import configure_logging
from kit.routing import include_routers

# {%- if scheduler != "none" +%}
from kit.scheduler import (
    # {% if scheduler == "apscheduler" %}
    apscheduler,
    # {% elif scheduler == "pgqueuer" %}
    pgqueuer,
    # {% elif scheduler == "taskiq" %}
    taskiq,
    # {% endif %}
)

# {%- endif +%}
from kit.settings import BaseSettings, read_settings

# {%- if store != "none" +%}
from kit.store import (
    # {% if store == "lmdb" %}
    lmdb,
    # {% elif store == "redis" %}
    redis,
    # {% endif %}
)

# {%- endif +%}

# A feature is a router whose lifespan starts and stops it; it may have routes too. They start in this order.
FEATURES = (
    # {% if telemetry != "none" %}
    telemetry.router,  # first: it also sends what happens while the others stop
    # {% endif %}
    health.router,  # the others register their checks with it
    http_client.router,
    # {% if auth != "none" %}
    auth.router,  # refuses to start with a route that does not say who may call it
    # {% endif %}
    # {% if auth == "oidc" %}
    oidc.router,
    # {% endif %}
    # {% if storage == "mongo" %}
    mongo.router,
    # {% elif storage == "sql" %}
    sql.router,
    # {% endif %}
    # {% if auth == "accounts" %}
    accounts.router,
    # {% endif %}
    # {% if auth != "none" and storage != "none" %}
    api_keys.router,
    # {% endif %}
    # {% if store == "lmdb" %}
    lmdb.router,
    # {% elif store == "redis" %}
    redis.router,
    # {% endif %}
    # {% if temp_files %}
    temp_files.router,
    # {% endif %}
    # {% if scheduler == "apscheduler" %}
    apscheduler.router,
    # {% elif scheduler == "pgqueuer" %}
    pgqueuer.router,
    # {% elif scheduler == "taskiq" %}
    taskiq.router,
    # {% endif %}
    # {% if scheduler != "none" and storage != "none" %}
    tasks.router,
    # {% endif %}
    # Yours below.
    garbage.router,  # last: it exempts what the others have created from garbage collection
)


def create_app(*given: BaseSettings) -> FastAPI:
    """Create the service, which starts its features in the order of `FEATURES` and stops them in reverse.

    Settings that are not given are read from the environment; invalid settings raise `SettingsError`.
    """
    all_settings = read_settings(*given)
    settings: Settings = all_settings[Settings]
    configure_logging(settings)
    app = FastAPI(
        title=settings.app_name,
        version=settings.app_version,
        description=Path(__file__).with_name("api").joinpath("description.md").read_text("utf-8"),
        openapi_url=None if settings.in_production else "/openapi.json",
        responses=RESPONSES,
        # {% if telemetry != "none" %}
        telemetry=telemetry.options(all_settings),
        # {% endif %}
    )
    equip(app, all_settings)
    for router in FEATURES:
        app.include_router(router)
    include_routers(app)
    return app


app = create_app()
