"""Part of the shelf: chunk files read directly, from a node's `immutable/` folder or a Mithril snapshot's."""
