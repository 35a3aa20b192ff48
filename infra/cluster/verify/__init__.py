"""Whether what was planned is in force, part by part."""
