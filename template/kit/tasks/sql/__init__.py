"""Tasks in a table."""
