"""What pages ask of the store: one module per page, each a few queries over what is shown; nothing here writes."""
