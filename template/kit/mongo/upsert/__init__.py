"""Bulk upserts with exact counts: `bulk` takes the rows, `plan` checks them, and `writing` writes them."""
