"""Raw rows to a World: read, screen, geocode, weigh, collapse, on an engine."""
