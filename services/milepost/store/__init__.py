"""What Milepost keeps in one database, and what is read of it.

Each table stands in `tables`, by who writes it: `accepted` (what came: `accepting` is the way in, `group_commit` one
commit for many, `documents` what content keeps for itself), `kept` (what the tracker keeps: `keep`, `recording`,
`filing`), `shown` (what pages show: `projecting`, from the rows of `showing`), `used` (what people do: `inbox`,
`accounts`, `audit`). `readings` are the questions of the pages, `querying` those of senders; `searching` finds a text.
`database` is the connection and the turns of writers, `bulk`, `among` and `arrays` are many rows at once, `migrations`
how the tables came to be.
"""
