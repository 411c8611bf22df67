"""What ships with the twin: a request log of Boston and the table of lunar festivals (see ``docs/data.md``)."""
