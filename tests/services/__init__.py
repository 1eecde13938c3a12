"""A real Kafka and a real PostgreSQL for the tests: which ones, how they run, and what to say where there is none."""
