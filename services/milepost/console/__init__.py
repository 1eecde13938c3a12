"""The console: pages for coordinators, and the same data as JSON under /v1/."""
