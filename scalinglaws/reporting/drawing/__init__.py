"""A figure as data: panels of marks, drawn on paper by matplotlib and in the page by the chart library."""
