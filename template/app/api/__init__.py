"""The routes of the service: every module below this package that defines `router` is found by itself."""
