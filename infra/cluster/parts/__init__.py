"""What each part of a cluster is told: pure, from the plan and the inventory."""
