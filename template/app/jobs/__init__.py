"""The jobs of the service: each is a file here, found by itself."""
