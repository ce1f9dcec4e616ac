module github.com/miniboot-vmm/miniboot

go 1.25.0

require golang.org/x/arch v0.26.0
