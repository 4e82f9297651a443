"""A TOML text: every key with its line and column, documents laid over each other, and the flags of a command line."""
