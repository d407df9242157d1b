"""Hand-written services to compare with."""
