"""What exists: the tables of the neighbourhood, how they are filled, and what must hold of them."""
