"""`/health/db`: the database, its pool and its migrations."""

from fastapi import APIRouter, Request, Response

from kit.health.database import DatabaseHealth
from kit.mongo.connection import get_database
from kit.mongo.health import examine
from kit.mongo.lifespan import lifespan

router = APIRouter(tags=["Healthcheck"], lifespan=lifespan)


@router.head("/health/db", include_in_schema=False)
@router.get("/health/db", responses={503: {"model": DatabaseHealth, "description": "The database does not answer."}})
async def database_health(request: Request, response: Response) -> DatabaseHealth:
    """Return whether the database answers, and whether its migrations are applied."""
    health = await examine(get_database(request.app))
    response.status_code = 200 if health.database_connected else 503
    return health
