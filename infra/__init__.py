"""What runs where: topology, Pulumi program, inventory for Ansible, images, engine."""
