"""The machine that knows no resident: columns, mechanisms, effects, chance, time and the day."""
