"""`python -m kit new setting`: settings, with a test and their lines in `.env.example`."""
