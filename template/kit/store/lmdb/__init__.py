"""A store on LMDB: a folder on this machine, which the processes of the service share."""

from kit.store.lmdb.lifespan import router

__all__ = ["router"]
