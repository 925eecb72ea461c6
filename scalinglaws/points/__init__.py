"""The table between the wings: named columns, how anyone's table becomes one, which rows stand for runs."""
