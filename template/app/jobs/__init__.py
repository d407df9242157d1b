"""The jobs of the service: each file here defines one, and is found automatically."""
