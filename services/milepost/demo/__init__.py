"""The demo: a simulated LMS, a simulated Zoom and a simulated training office, each a process that speaks over HTTP.

`script` says what happens when, endlessly and the same for the same seed; the senders say it in their own forms;
`director` owns demo time. Nothing is put into the database by hand: every cell of a page comes from a message.
"""
