"""Servers that run on this machine without Docker, from programs of wheels or of the system."""
