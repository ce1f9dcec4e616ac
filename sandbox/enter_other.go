//go:build !linux || !(amd64 || arm64)

package sandbox

func enter(Config) (Held, error) { return Held{}, nil }
