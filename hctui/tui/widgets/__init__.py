"""Widgets that could serve any program: they draw cells, and know nothing of clusters."""
