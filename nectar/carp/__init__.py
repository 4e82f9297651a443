"""A Carp execution plan, translated into a plan."""
