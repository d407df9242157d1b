"""Bulk upserts, exact in their counts: `bulk` takes the rows, `plan` checks them, and `writing` writes them."""
