//go:build !(linux && amd64)

package capi

// No libraries are packed for this platform: DELTAIC_LIBRARY names them.
func bundle() ([]byte, string) { return nil, "" }
