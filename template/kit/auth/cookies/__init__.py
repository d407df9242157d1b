"""Session cookies for front ends in browsers, besides bearer tokens."""
