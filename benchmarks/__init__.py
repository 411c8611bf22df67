"""Side by side with the peers, on the same work and in one run: ``python -m benchmarks``."""
