//go:build linux || darwin

package share

import (
	"cmp"
	"io"
	"slices"

	"golang.org/x/sys/unix"
)

// Locks that the host holds for the guest. A lock by flock(2) is held by the descriptor of
// the guest's open file. Locks of ranges are held by one descriptor per file, the carrier,
// for all owners in the guest. Both kinds belong to an open file of the host. So they exclude
// programs of the host, other machines, and other shares of this machine.

// lockType is a lock's type in the host's numbers.
func lockType(write bool) int16 {
	if write {
		return unix.F_WRLCK
	}
	return unix.F_RDLCK
}

// takeLocked makes the host hold a lock that no other lock in the guest conflicts with. What
// the carrier holds of the range so far therefore belongs to this owner, or is shared as the
// new lock is. So one call can set what the carrier holds from now on.
func (t *locks) takeLocked(f *lockedFile, want *lock) error {
	var err error
	if want.kind == flockLock {
		err = flock(want.via.fd, want.write)
	} else if err = t.carryLocked(f, want); err == nil {
		err = setRange(f.carrier.fd, lockType(want.write), want.start, want.end)
	}
	if noLocks(err) {
		return lockless{err}
	}
	return err
}

// lockless is the host's answer that it does not have locks: the lock holds only in the guest.
type lockless struct{ error }

// noLocks reports whether an error says that the host or its file system does not have such
// locks at all. ENOLCK, from a server that does not answer or has no room, is not among them:
// the guest gets it.
func noLocks(err error) bool {
	return err == unix.EINVAL || err == unix.ENOSYS || err == unix.ENOTSUP || err == unix.EOPNOTSUPP
}

// giveUp makes the host unlock those parts of an ended lock's range that no owner in the guest
// holds any longer.
func giveUp(f *lockedFile, left []lock, gone *lock) {
	switch {
	case gone.kind == flockLock:
		unflock(gone.via)
	case f.carrier != nil:
		gaps(left, gone.start, gone.end, func(start, end uint64) { setRange(f.carrier.fd, unix.F_UNLCK, start, end) })
	}
}

// gaps calls f with the parts of a range that no lock of a range covers.
func gaps(held []lock, start, end uint64, f func(start, end uint64)) {
	var inside []lock
	for _, l := range held {
		if l.kind == posixLock && l.start <= end && start <= l.end {
			inside = append(inside, l)
		}
	}
	slices.SortFunc(inside, func(a, b lock) int { return cmp.Compare(a.start, b.start) })
	for _, l := range inside {
		if start < l.start {
			f(start, l.start-1)
		}
		if l.end >= end {
			return
		}
		start = max(start, l.end+1)
	}
	f(start, end)
}

// canHold reports whether a descriptor with an access mode can hold a lock of a range.
func canHold(access int, write bool) bool {
	if write {
		return access != unix.O_RDONLY
	}
	return access != unix.O_WRONLY
}

// carryLocked finds a carrier that can hold a new lock and those that are already held. If
// there is none yet, it takes the handle's descriptor, unless that cannot read.
func (t *locks) carryLocked(f *lockedFile, want *lock) error {
	h := want.via
	switch {
	case f.carrier != nil && canHold(f.access, want.write):
		return nil
	case f.carrier == nil && h.access != unix.O_WRONLY, h.access == unix.O_RDWR:
		return f.moveTo(h.get(), h.access)
	}
	if fd, err := t.openBoth(h.node); err == nil {
		return f.moveTo(newDescriptor(fd), unix.O_RDWR)
	}
	if f.carrier == nil {
		return f.moveTo(h.get(), h.access)
	}
	return unix.ENOLCK
}

// moveTo makes a descriptor the carrier. The old carrier holds only read locks, or it would
// not have to be replaced. So both can hold these at the same time, and no other program can
// take a lock in between.
func (f *lockedFile) moveTo(d *descriptor, access int) error {
	for _, l := range f.held {
		if l.kind != posixLock {
			continue
		}
		if err := setRange(d.fd, lockType(l.write), l.start, l.end); err != nil && !noLocks(err) {
			setRange(d.fd, unix.F_UNLCK, 0, maxOffset)
			d.put()
			return unix.ENOLCK
		}
	}
	if f.carrier != nil {
		setRange(f.carrier.fd, unix.F_UNLCK, 0, maxOffset)
		f.carrier.put()
	}
	f.carrier, f.access = d, access
	return nil
}

// setRange sets what a descriptor holds of a range, without waiting.
func setRange(fd int, typ int16, start, end uint64) error {
	l := hostRange(typ, start, end)
	for {
		if err := unix.FcntlFlock(uintptr(fd), ofdSetlk, &l); err != unix.EINTR {
			return err
		}
	}
}

// hostRange returns a range for the host. Length 0 stands for everything that follows.
func hostRange(typ int16, start, end uint64) unix.Flock_t {
	l := unix.Flock_t{Type: typ, Whence: io.SeekStart, Start: int64(start)}
	if end < maxOffset {
		l.Len = int64(end - start + 1)
	}
	return l
}

// hostBlocker returns a lock of the host's programs that conflicts with want. Its process is
// not one of the guest's.
func hostBlocker(f *lockedFile, want *lock) *lock {
	if want.kind != posixLock {
		return nil // flock(2) cannot be queried
	}
	fd := want.via.fd
	if f.carrier != nil {
		fd = f.carrier.fd
	}
	l := hostRange(lockType(want.write), want.start, want.end)
	if err := unix.FcntlFlock(uintptr(fd), ofdGetlk, &l); err != nil || l.Type == unix.F_UNLCK {
		return nil
	}
	b := &lock{write: l.Type == unix.F_WRLCK, start: uint64(l.Start), end: maxOffset}
	if l.Len > 0 {
		b.end = uint64(l.Start + l.Len - 1)
	}
	return b
}

// flock takes the lock of a whole file, without waiting.
func flock(fd int, write bool) error {
	how := unix.LOCK_SH
	if write {
		how = unix.LOCK_EX
	}
	for {
		if err := unix.Flock(fd, how|unix.LOCK_NB); err != unix.EINTR {
			return err
		}
	}
}

func unflock(h *handle) { unix.Flock(h.fd, unix.LOCK_UN) }

// checkLocks tries to take a lock at once, so that the log says that there are none before a
// guest relies on them.
func (s *Share) checkLocks() {
	fd, err := openat(s.root.kept.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	l := hostRange(unix.F_RDLCK, 0, maxOffset)
	if err := unix.FcntlFlock(uintptr(fd), ofdGetlk, &l); err == unix.EINVAL {
		s.noteLockless(err)
	}
}

// noteLockless logs once that the host does not have locks for files of the share.
func (s *Share) noteLockless(err error) {
	if !s.lockless.Swap(true) {
		s.log.Warn("share: the host does not have locks for the directory: the guest's programs exclude each other, but not programs of the host and of other machines",
			"directory", s.path, "error", err)
	}
}

// openBoth opens a file that has locks to read and write.
func (s *Share) openBoth(n *node) (int, error) {
	s.names.RLock()
	defer s.names.RUnlock()
	return s.reopen(n, unix.O_RDWR)
}
