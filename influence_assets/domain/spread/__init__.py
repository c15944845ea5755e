"""How things spread: cascades and their shape, early adopters, bursts, posts that break out."""
