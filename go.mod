module github.com/miniboot-vmm/miniboot

go 1.25.0

require golang.org/x/arch v0.26.0

require github.com/google/go-cmp v0.7.0
