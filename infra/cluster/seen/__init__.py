"""What is seen of a cluster: its condition, headroom, losses, and what each host tells."""
