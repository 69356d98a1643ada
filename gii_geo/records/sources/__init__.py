"""One supplier's files -> addresses, one module a supplier."""
