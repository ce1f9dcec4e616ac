# Recipes that the go command has no word for. They need Go and what is on every Linux.

VERSION := $(shell git describe --tags --always --dirty)
TARGETS := darwin/arm64 linux/amd64 linux/arm64 windows/amd64

.PHONY: release clean

# Static binaries in dist/. That for macOS is signed ad hoc with the entitlement to use Hypervisor.framework.
release:
	rm -rf dist
	mkdir -p dist
	@set -e; for target in $(TARGETS); do \
		os=$${target%/*}; arch=$${target#*/}; suffix=; \
		if [ $$os = windows ]; then suffix=.exe; fi; \
		out=dist/miniboot-$(VERSION)-$$os-$$arch$$suffix; echo "$$out"; \
		CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch go build -trimpath -ldflags='-s -w' -o "$$out" ./cmd/miniboot; \
	done
	go run ./cmd/miniboot sign dist/miniboot-$(VERSION)-darwin-arm64
	cd dist && sha256sum miniboot-* >SHA256SUMS

clean:
	rm -rf dist
