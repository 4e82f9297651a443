"""Shelf: references in, values out. One file per place where a secret can be kept."""
