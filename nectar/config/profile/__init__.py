"""A connection profile: its model, its defaults with reasons, and each section's reader."""
