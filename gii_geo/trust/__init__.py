"""How sure a rank is: what other records of the same process would say."""
