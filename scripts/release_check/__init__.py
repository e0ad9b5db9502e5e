"""Does on this machine what a release does: `make release-check`."""
