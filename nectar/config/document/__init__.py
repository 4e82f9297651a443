"""A TOML text, read once: every key with its line and column, what others lay over it, and the flags of a command line."""
