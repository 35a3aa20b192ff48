"""What is carried: the deployment's folder on the managers, images to every host, the engines' sockets."""
