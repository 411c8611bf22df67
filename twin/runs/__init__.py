"""Runs: arms × seeds, their paired comparison, and the folder that keeps them."""
