"""`python -m kit new task`: a task and its test."""
