"""Mechanisms of another package, as a user of the twin would write them."""
