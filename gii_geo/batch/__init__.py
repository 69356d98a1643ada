"""The batch job: a dated folder a run, a gate, and a pointer to the last good run."""
