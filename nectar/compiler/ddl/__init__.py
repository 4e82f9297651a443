"""Statements that make tables, indexes and views, in each dialect's words."""
