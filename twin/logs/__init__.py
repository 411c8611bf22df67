"""Request logs of real cities: read, repaired, checked, fitted, and replayed as arrivals."""
