//go:build programs

// Which programs are built from here: an ACME server for tests, and the DNS that it asks.
package programs

import (
	_ "github.com/letsencrypt/pebble/v2/cmd/pebble"
	_ "github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv"
)
