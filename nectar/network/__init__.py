"""How Nectar reaches a database server: where it may go, TLS, tunnels, and a record of every attempt."""
