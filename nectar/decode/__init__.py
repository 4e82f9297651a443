"""Raw block bytes in, the ledger's nouns out: the only room that knows CBOR and eras."""
