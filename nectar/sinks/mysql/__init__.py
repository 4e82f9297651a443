"""MySQL, MariaDB and TiDB: rows by LOAD DATA or long INSERTs, checkpoint and coverage in the same transaction."""
