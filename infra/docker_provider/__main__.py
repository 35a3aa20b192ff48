"""The plugin's process; the Pulumi engine starts it with its own address as argument."""

import sys

from infra.docker_provider.plugin import serve

if __name__ == "__main__":
    sys.exit(serve(sys.argv[1:]))
