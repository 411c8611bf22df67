"""Where things are: a map in GeoJSON, or a synthetic estate, as buildings, flats, assets, grids, streets and ways."""
