"""Makes sample chains: valid, linked chunk files of every era with realistic transactions, and the truth about them.

This room *writes* CBOR and never reads it. So what it says of a chain (expected.json, expected.jsonl) is independent of
`nectar.decode`, and property tests compare the two.

What is real here: the disk format, header links, body hashes and sizes, Byron body proofs, transaction ids, exact
balances, deposits, script, datum and auxiliary data hashes, redeemer pointers. What is not: signatures, VRF and KES
proofs (random bytes of the right size), script results, reward balances, quorums, whether a proposal names the
guardrail script, and the enactment of votes and updates: deposits stay what the genesis files say.
"""
