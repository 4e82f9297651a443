"""A plan: its model, and the checks that need more than one key."""
