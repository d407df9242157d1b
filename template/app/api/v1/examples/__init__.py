"""Examples of errors, limits and calls, to try out and delete."""

from fastapi import Depends

from kit.auth import public

# Everybody may call the routes in this folder.
ROUTER_OPTIONS = {"dependencies": [Depends(public)]}
