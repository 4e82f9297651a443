"""Statements that create tables, indexes and views, in each dialect."""
