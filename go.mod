module github.com/miniboot-vmm/miniboot

go 1.25.0

require (
	github.com/ebitengine/purego v0.11.3
	github.com/google/go-cmp v0.7.0
	github.com/google/pprof v0.0.0-20250403155104-27863c87afa6
	github.com/hanwen/go-fuse/v2 v2.12.1
	github.com/insomniacslk/dhcp v0.0.0-20240710054256-ddd8a41251c9
	github.com/klauspost/compress v1.20.3
	github.com/landlock-lsm/go-landlock v0.10.1
	github.com/miekg/dns v1.1.72
	github.com/pierrec/lz4/v4 v4.1.33
	golang.org/x/arch v0.30.0
	golang.org/x/net v0.53.0
	golang.org/x/sys v0.43.0
	golang.org/x/term v0.42.0
	gvisor.dev/gvisor v0.0.0-20240916094835-a174eb65023f
	kernel.org/pub/linux/libs/security/libcap/psx v1.2.77
)

require (
	github.com/google/btree v1.1.2 // indirect
	github.com/u-root/uio v0.0.0-20240224005618-d2acac8f3701 // indirect
	golang.org/x/mod v0.35.0 // indirect
	golang.org/x/sync v0.20.0 // indirect
	golang.org/x/time v0.5.0 // indirect
	golang.org/x/tools v0.43.0 // indirect
)
