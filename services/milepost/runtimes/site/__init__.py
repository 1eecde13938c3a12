"""A whole site as plain processes of one machine, for people without containers: started, looked after, and ended."""
