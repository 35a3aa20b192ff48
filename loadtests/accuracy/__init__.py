"""What the plan predicted beside what a test measured: rows that are kept, and the errors over them."""
