"""The metrics of all workers on one page, as Prometheus reads it."""
