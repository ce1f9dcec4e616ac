module github.com/miniboot-vmm/miniboot

go 1.25.0

require golang.org/x/arch v0.30.0

require (
	github.com/google/go-cmp v0.7.0
	github.com/klauspost/compress v1.20.3
	github.com/pierrec/lz4/v4 v4.1.33
	golang.org/x/sys v0.41.0
	golang.org/x/term v0.40.0
)

require github.com/ebitengine/purego v0.11.3

require github.com/lima-vm/go-qcow2reader v0.7.0

require github.com/hanwen/go-fuse/v2 v2.12.1
