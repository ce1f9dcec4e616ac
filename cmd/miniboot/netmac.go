package main

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/miniboot-vmm/miniboot/virtio/net"
)

// maxSlots is how many machines of a user at one socket get the same addresses each time.
const maxSlots = 64

// chooseMAC chooses an address. It is the same each time for the same network of the same user and host, and different for
// another network, for a second network of the same name in one guest, and for a second machine at one socket. closer ends
// the use of the address; it may be nil. The address is locally administered (bit 1 of the first byte).
func (o netOption) chooseMAC() (mac net.MAC, closer io.Closer) {
	if o.kind != "unix" { // nobody else can be there
		return o.macOf(0), nil
	}
	for slot := range maxSlots {
		mac := o.macOf(slot)
		if lock, err := lockMAC(mac); err == nil {
			return mac, lock
		}
	}
	mac[0] = 0x02
	rand.Read(mac[1:])
	return mac, nil
}

// macOf returns the address of the machine in a slot.
func (o netOption) macOf(slot int) net.MAC {
	name := o.name
	if abs, err := filepath.Abs(name); err == nil && o.kind == "unix" {
		name = abs
	}
	hostname, _ := os.Hostname()
	id := hostname + "\x00" + o.kind + "\x00" + name
	if o.kind == "unix" {
		id += fmt.Sprintf("\x00user %d\x00slot %d", os.Getuid(), slot)
	}
	if o.nth > 0 {
		id += fmt.Sprintf("\x00network %d", o.nth)
	}
	sum := sha256.Sum256([]byte(id))
	return net.MAC{0x02, sum[0], sum[1], sum[2], sum[3], sum[4]}
}

// lockMAC keeps the other machines of this user from taking an address, by a lock on a file that stays.
func lockMAC(mac net.MAC) (io.Closer, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(cache, "miniboot", "mac")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return lockSlot(filepath.Join(dir, fmt.Sprintf("%x", mac[:])))
}
