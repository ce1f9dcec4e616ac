//go:build linux || darwin

package share

import (
	"os"

	"golang.org/x/sys/unix"
)

// nobody is the number that Linux shows for owners without a number of their own.
const nobody = 65534

// owners translates between the owners of the host and those of the guest.
type owners struct {
	root     bool // the host's user is root, and nothing is translated
	uid, gid uint32
}

func hostOwners() owners {
	return owners{root: os.Geteuid() == 0, uid: uint32(os.Geteuid()), gid: uint32(os.Getegid())}
}

// guest returns the owners that the guest sees.
func (o owners) guest(uid, gid uint32) (uint32, uint32) {
	if o.root {
		return uid, gid
	}
	return shown(uid, o.uid), shown(gid, o.gid)
}

func shown(id, own uint32) uint32 {
	if id == own {
		return 0
	}
	return nobody
}

// unchanged leaves an owner as it is.
const unchanged = -1

// chown returns the new owners of a file, from its present ones and the ones that the guest
// wants to set.
func (o owners) chown(st *stat, uid, gid uint32, setUID, setGID bool) (hostUID, hostGID int, err error) {
	hostUID, hostGID = unchanged, unchanged
	haveUID, haveGID := o.guest(st.uid, st.gid)
	if setUID && uid != haveUID {
		if hostUID, err = o.host(uid, o.uid); err != nil {
			return 0, 0, err
		}
	}
	if setGID && gid != haveGID {
		if hostGID, err = o.host(gid, o.gid); err != nil {
			return 0, 0, err
		}
	}
	return hostUID, hostGID, nil
}

// host returns the host's number for an owner of the guest.
func (o owners) host(id, own uint32) (int, error) {
	switch {
	case o.root:
		return int(id), nil
	case id == 0:
		return int(own), nil
	}
	return 0, unix.EPERM
}
