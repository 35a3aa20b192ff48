"""The closed model: so many people at once, each of whom thinks after the answer and then does the next thing. A slow platform is asked for less."""
