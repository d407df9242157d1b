"""A store on Redis or Valkey: a server that many machines share."""

from kit.store.redis.lifespan import router

__all__ = ["router"]
