"""What pages ask of the store: a module for each page, and beside them what several ask; nothing here writes."""
