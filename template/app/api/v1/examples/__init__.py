"""Examples of errors, limits and calls, to try out and delete."""
