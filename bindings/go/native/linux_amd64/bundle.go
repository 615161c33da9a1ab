// Package linux_amd64 holds libdeltaic and the libraries it needs, compressed, for Linux on x86-64.
package linux_amd64

import "embed"

//go:embed bundle
var files embed.FS

// Bundle gives the archive and the SHA-256 of it, in hex; empty where this copy of the module was not packed.
func Bundle() (archive []byte, digest string) {
	archive, err := files.ReadFile("bundle/deltaic.tar.gz")
	if err != nil {
		return nil, ""
	}
	sum, err := files.ReadFile("bundle/deltaic.tar.gz.sha256")
	if err != nil {
		return nil, ""
	}
	return archive, string(sum)
}
