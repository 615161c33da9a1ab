"""How rows and commits are written: what is given as properties and data, as options of the C interface."""
