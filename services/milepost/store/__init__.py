"""What Milepost keeps in one database: the log and the statements, the records, the facts, and what pages show."""
