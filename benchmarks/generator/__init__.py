"""What the load generator costs."""
