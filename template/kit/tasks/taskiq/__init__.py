"""Tasks on the queue of the jobs: one scheduler brings them from the database into it, and workers run them."""
