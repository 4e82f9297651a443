"""Staged rows into a sink: in chain order, in parallel where the sink can, again after an error that passes."""
