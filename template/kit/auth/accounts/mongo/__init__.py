"""Accounts and sessions in collections."""
