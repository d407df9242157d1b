"""The service; start reading in `main.py`."""
