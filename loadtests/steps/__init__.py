"""Steps that scenarios share: what a person does on a blog or a wiki, and what they must see."""
