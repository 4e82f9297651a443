"""What a TiDB limits: refused here, before a job begins."""
