"""Foreign systems, a folder each: the glue to the outside."""
