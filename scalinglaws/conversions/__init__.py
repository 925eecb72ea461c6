"""Definitions translate: from the columns that are there to the count that is wanted."""
