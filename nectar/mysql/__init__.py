"""MySQL's protocol over PyMySQL: connections, LOAD DATA from memory, what an error of the server asks for."""
