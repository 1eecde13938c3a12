"""The archive: what the gateway has acknowledged goes into the database, the log into Kafka, facts into their table.

Taking reads raw messages and accepts them, exactly as a process without Kafka accepts a request. Relaying reads the log
and sends each message to its topic. Filing puts what the resolver says of facts into the facts table, and answers what
is asked of it. One archive is active at a time.
"""
