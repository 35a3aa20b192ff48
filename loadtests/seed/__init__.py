"""Believable content for rehearsals: written here from a seed, carried in by the images' own tools."""
