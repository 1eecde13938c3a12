"""From messages to records: the step that every runtime runs, and what surrounds it.

The step: `cascade` carries a batch through all processors over one keep (`memory` is the one without durability);
`station` is one processor over the partitions of a worker, whose records `stored` writes, `due` finds when a tick
comes, and `outgoing` addresses what they say. Both read against `catalogs`, and `feeding` feeds again.

Around it on a site: `archive` (the database and the facts), `projector` (what pages show), `ticking` (a round of the
ticker); `exactly_once` is how a topic goes into the database, `setting_aside` what becomes of what cannot be read.

Made anew: `draft` folds all facts in memory, `replacing` puts that in the place of a site's records.
"""
