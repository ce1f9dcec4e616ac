module github.com/miniboot-vmm/miniboot

go 1.25.0
