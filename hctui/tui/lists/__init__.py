"""The lists of the console: which columns, which rows in which order, and what stands in each cell. All pure."""
