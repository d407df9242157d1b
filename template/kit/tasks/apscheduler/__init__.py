"""Tasks inside the service: one of its processes, which leads the jobs too, runs them."""
