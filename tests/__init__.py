"""Tests of everything that Slipway promises."""
