"""`python -m kit new resource`: routes, service, repository, storage and tests of a resource."""
