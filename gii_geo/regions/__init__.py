"""A World to regions: delineate, count, rank, describe; plain tables, no engine."""
