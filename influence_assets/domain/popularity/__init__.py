"""How a post will do, from what is known when it is published."""
