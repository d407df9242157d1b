"""Tasks in a collection."""
