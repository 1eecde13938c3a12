"""The migrations, from the first table on; only forward: who wants to go back restores a copy."""
