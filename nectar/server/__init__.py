"""What a connection to any database server needs: TLS, names and allow lists, a tunnel, a rate limit, an audit log."""
