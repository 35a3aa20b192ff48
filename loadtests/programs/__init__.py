"""What the programs of the platform's services say of themselves while a test runs."""
