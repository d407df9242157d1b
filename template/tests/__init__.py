"""Tests; their folders are those of `app`, and `contract` asks the service over HTTP."""
