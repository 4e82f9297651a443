"""A job from a node: close the gap to the tip, follow it, undo forks."""
