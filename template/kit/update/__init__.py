"""`python -m kit update`: tries an update of the service before you make it."""
