"""The promises that Slipway makes, as tests."""
