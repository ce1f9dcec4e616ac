//go:build amd64 || arm64

package sandbox

// enter puts the layers on. seccomp comes last: it does not let pass the calls of the others.
func enter(c Config) (h Held, err error) {
	if h.OpenFiles, err = limit(c.OpenFiles); err != nil {
		return h, err
	}
	if !c.WithoutLandlock {
		if h.Landlock, err = landlockABI(), restrictByLandlock(c); err != nil {
			return h, err
		}
	}
	if h.Capabilities, err = dropCapabilities(capabilities(c)); err != nil {
		return h, err
	}
	if h.Calls, err = restrictBySeccomp(c); err != nil {
		return h, err
	}
	h.NoNewPrivs = h.Landlock > 0 || h.Calls > 0
	return h, nil
}
