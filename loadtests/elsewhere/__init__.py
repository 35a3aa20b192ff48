"""Load that other machines drive: what they need is brought there, Locust runs there for as long as the command listens, and both agree on the time."""
