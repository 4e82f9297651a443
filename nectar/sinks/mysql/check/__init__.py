"""`nectar db check` of a server: what each step asks, and what the answers mean."""
