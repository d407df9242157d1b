"""Bulk upserts with exact counts: `bulk` takes the rows, and the module of the database writes them."""
