"""The processes, and what they are made of. What they run is below: gateway, console, tracker.

One process: `embedded`, put together by `bootstrap`; `tracker_thread` is where its tracker runs, `tracking` what it
does, `operations` what operators ask. `erasing` and `rebuilding` work on its database from outside.

A site: `gateway`, `archive` (`archiving` while it is active), `projector`, `ticker`, `console`, and the workers in
`kafka`; `site` runs all of them on one machine, with the servers of `local`. `erasing_on_site`, `rebuilding_on_site`
(while `holding` the records) and `reprojecting` work on it from outside.

What they share: `loops` (threads that begin again while a server is away), `answering`, `bounded_http`,
`joined_answers`, `parting` and `listening` (HTTP until the end), `health`, `lag` and `gauges` (what watchers see),
`told_moments` and `clock_route` (a clock that is set by hand), `drafting`, `waiting`, `logs`, `young_objects`.
"""
