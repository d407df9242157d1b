"""Items: an example resource, to read, copy and delete."""
