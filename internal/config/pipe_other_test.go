//go:build !unix

package config

import "testing"

func makePipe(*testing.T, string) string { return "" }

func namedPipe(*testing.T, string) {}

func socket(*testing.T, string, string) {}
