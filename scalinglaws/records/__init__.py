"""Reading and writing of records: plain values of frozen records, and the allowed ranges of numbers."""
