//go:build !unix

package hvtest

// allocate takes Go's memory: no backend here minds.
func allocate(size int) ([]byte, error) { return make([]byte, size), nil }

func release([]byte) error { return nil }
