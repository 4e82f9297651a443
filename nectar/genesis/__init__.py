"""Genesis files: those of the known networks, and a user's own."""
