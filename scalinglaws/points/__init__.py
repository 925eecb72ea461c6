"""The table between the wings: named columns, how any table becomes one, and which rows stand for runs."""
