package main

import (
	"fmt"
	"strconv"
	"syscall"
)

// redirect applies redirections to this process; restore undoes them.
func (sh *shell) redirect(redirects []redirect) (restore func(), err error) {
	type saved struct{ fd, copy int }
	var undo []saved
	restore = func() {
		for i := len(undo) - 1; i >= 0; i-- {
			if undo[i].copy < 0 {
				syscall.Close(undo[i].fd)
				continue
			}
			syscall.Dup3(undo[i].copy, undo[i].fd, 0)
			syscall.Close(undo[i].copy)
		}
	}
	for _, r := range redirects {
		from, opened, err := sh.openRedirect(r)
		if err != nil {
			return restore, err
		}
		undo = append(undo, saved{r.fd, duplicate(r.fd)})
		err = syscall.Dup3(from, r.fd, 0)
		if from == r.fd {
			err = nil // Dup3 refuses equal descriptors; Dup2 would do nothing
		} else if opened {
			syscall.Close(from)
		}
		if err != nil {
			return restore, fmt.Errorf("%d: %w", from, err)
		}
	}
	return restore, nil
}

// openRedirect returns the descriptor that r.fd is to become a copy of.
func (sh *shell) openRedirect(r redirect) (fd int, opened bool, err error) {
	word, err := sh.expandWord(r.word)
	if err != nil {
		return 0, false, err
	}
	flags := map[string]int{
		"<":  syscall.O_RDONLY,
		">":  syscall.O_WRONLY | syscall.O_CREAT | syscall.O_TRUNC,
		">>": syscall.O_WRONLY | syscall.O_CREAT | syscall.O_APPEND,
	}
	flag, isFile := flags[r.op]
	if !isFile {
		if fd, err = strconv.Atoi(word); err != nil {
			err = fmt.Errorf("%s%s: not a file descriptor", r.op, word)
		}
		return fd, false, err
	}
	fd, err = syscall.Open(word, flag|syscall.O_CLOEXEC, 0o666)
	if err != nil {
		err = fmt.Errorf("%s: %w", word, err)
	}
	return fd, true, err
}
