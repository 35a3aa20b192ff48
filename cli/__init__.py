"""Commands: read arguments, call, narrate."""
