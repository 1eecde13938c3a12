"""The contracts of Milepost: what may be said to it, and what it says."""
