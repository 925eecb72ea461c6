"""The report of a study: figures and one page of records alone, and a summary for a terminal."""
