"""The routes of the service: every module in this package that defines `router` is found automatically."""
