"""Conversions between definitions: from the columns of a table to the count that is wanted."""
