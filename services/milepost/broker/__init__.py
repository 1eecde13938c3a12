"""Kafka as this site uses it: its topics, its partitions, how far everybody has read, what was set aside.

Clients are configured here and nowhere else; what runs on them, engines and loops, stands above.
"""
