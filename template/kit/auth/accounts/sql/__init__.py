"""Accounts and sessions in tables."""
