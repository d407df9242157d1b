"""The service; `main.py` says what it is made of."""
