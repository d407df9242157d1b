"""`python -m kit new`: writes the first version of a part of the service, which then is yours."""
