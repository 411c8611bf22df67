"""Scenarios: what a file says, checked and resolved (``load.py``), and what it may say (``schema.py``)."""
