"""The workers of a site on Kafka: a Faust app that loses nothing. Nobody else imports Faust.

Faust as it comes loses and doubles under kills, pauses and rebalances; each module here that overrides a part of it
says which loss that prevents. `bundle` is in what messages travel, `pump` is where they become records and outputs,
`app` puts the parts together, `looking` says whether they get anywhere, `worker` is the process.
"""
