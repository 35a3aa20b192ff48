"""What people do: one Locust file for each scenario, and the registry that names them."""
