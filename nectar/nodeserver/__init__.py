"""Chunk files offered as a node would: a Node-to-Client server for demonstrations, replays and tests."""
