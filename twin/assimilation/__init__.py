"""A run held to the newest log of its neighbourhood: rates and staffing estimated again, the next weeks foretold, scored."""
