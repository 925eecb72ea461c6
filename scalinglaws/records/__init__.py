"""What is read and written: plain values of frozen records, and the ranges that numbers may have."""
