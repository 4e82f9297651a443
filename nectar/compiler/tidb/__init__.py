"""TiDB's limits, checked before a job begins."""
