"""What is in a region, and who works with whom: fields, organisations, cities, shared records."""
