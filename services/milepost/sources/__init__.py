"""What foreign systems send, read and translated: pure functions, one package or module per foreign format."""
