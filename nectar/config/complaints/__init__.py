"""All that is wrong in a text, collected and sorted: what the schema refuses, said in words, and what later checks find."""
