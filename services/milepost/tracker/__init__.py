"""The step that every runtime runs, the ticker, and the in-memory keep of the pure fold."""
