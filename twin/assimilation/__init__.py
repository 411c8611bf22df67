"""A run held to the newest log of its neighbourhood: estimated again, the next weeks foretold, the last ones scored."""
