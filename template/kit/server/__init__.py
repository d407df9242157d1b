"""How `serve` runs the service: its worker processes, their start and their end."""
