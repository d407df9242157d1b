"""Bulk upserts, exact in their counts: `bulk` takes the rows, and the module of the database writes them."""
