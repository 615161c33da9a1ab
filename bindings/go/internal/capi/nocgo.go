//go:build !cgo

package capi

// The compiler's message is this name.
var _ = deltaic_needs_cgo__set_CGO_ENABLED_1_and_install_a_C_compiler
