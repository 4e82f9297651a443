"""The source that reads chunk files directly, from a node's `immutable/` folder or a Mithril snapshot's."""
