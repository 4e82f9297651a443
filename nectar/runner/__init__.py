"""The loop: the only room with clocks, processes, signals and retries."""
