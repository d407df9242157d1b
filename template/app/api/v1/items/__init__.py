"""Items: the example of a resource, to read, copy and delete."""
