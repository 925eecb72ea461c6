"""The report of a study: figures and one page, made from its records alone, and a summary for a terminal."""
