"""`python -m kit new job`: a job and its test."""
