//go:build !unix

package fake

import "testing"

// pages is not needed where there is no fake.
func pages(t testing.TB, n int) []byte {
	t.Skip("no fake on this host")
	return nil
}
