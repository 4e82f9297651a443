"""Secret providers: a reference in, the secret out. One file for each kind of provider."""
