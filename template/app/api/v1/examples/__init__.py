"""Examples of errors and limits, to try out and delete."""
