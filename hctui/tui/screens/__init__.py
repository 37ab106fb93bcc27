"""The screens of the console, one module each, with its style sheet beside it."""
