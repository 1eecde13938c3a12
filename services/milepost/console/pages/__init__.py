"""The pages, one module each: how they are asked for, and what they show, as a page and as JSON."""
