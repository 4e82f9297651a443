"""Text in, checked and frozen values out; remembers file:line:col of every key."""
