"""Milepost follows every learner through a blended program and names what is missing while it can still be mended."""
