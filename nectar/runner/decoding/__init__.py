"""Blocks to staged rows, in worker processes: batches, filters, tracked outputs, quarantine."""
