package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
)

// runVsock is a program for either end of AF_VSOCK streams, and one that checks the echo on many of them.
func runVsock(args []string) int {
	var numbers []uint32
	for _, a := range args[min(1, len(args)):] {
		n, err := strconv.ParseUint(a, 0, 32)
		if err != nil {
			return usage("vsock")
		}
		numbers = append(numbers, uint32(n))
	}
	var err error
	switch {
	case len(numbers) == 1 && args[0] == "echo":
		err = echoVsock(numbers[0])
	case len(numbers) == 2 && args[0] == "connect":
		err = pipeVsock(numbers[0], numbers[1])
	case len(numbers) == 4 && args[0] == "check":
		err = checkVsock(numbers[0], numbers[1], int(numbers[2]), int(numbers[3]))
	default:
		return usage("vsock")
	}
	if err != nil {
		return fail("vsock", err)
	}
	return 0
}

// echoVsock accepts connections to a port and sends back what they receive, until it is killed.
func echoVsock(port uint32) error {
	l, err := listenVsock(port)
	if err != nil {
		return err
	}
	fmt.Printf("listening on port %d\n", port)
	for {
		conn, err := acceptVsock(l)
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			io.Copy(conn, conn)
			closeWrite(conn)
		}()
	}
}

// pipeVsock sends standard input and prints what it receives.
func pipeVsock(cid, port uint32) error {
	conn, err := dialVsock(cid, port)
	if err != nil {
		return err
	}
	defer conn.Close()
	go func() {
		io.Copy(conn, os.Stdin)
		closeWrite(conn)
	}()
	_, err = io.Copy(os.Stdout, conn)
	return err
}

// checkVsock opens connections to a port that echoes, and keeps each open until all are open. By hashes it compares what
// comes back on each with what it has sent.
func checkVsock(cid, port uint32, connections, size int) error {
	conns := make([]*os.File, connections)
	for i := range conns {
		conn, err := dialVsock(cid, port)
		if err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
		defer conn.Close()
		conns[i] = conn
	}
	errs := make([]error, connections)
	var wg sync.WaitGroup
	for i, conn := range conns {
		wg.Go(func() { errs[i] = checkEcho(conn, uint64(i), size) })
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
	}
	fmt.Fprintf(out, "%d connections of %d bytes each way are right\n", connections, size)
	return nil
}

// checkEcho sends size bytes that depend on seed, and hashes what it sends and what it receives.
func checkEcho(conn *os.File, seed uint64, size int) error {
	sent, received := sha256.New(), sha256.New()
	sending := make(chan error, 1)
	go func() {
		var key [32]byte
		key[0], key[1] = byte(seed), byte(seed>>8)
		_, err := io.CopyN(io.MultiWriter(conn, sent), rand.NewChaCha8(key), int64(size))
		if err == nil {
			err = closeWrite(conn)
		}
		sending <- err
	}()
	n, err := io.Copy(received, conn)
	if err != nil {
		conn.Close() // ends the sending too
	}
	sendErr := <-sending
	switch {
	case err != nil:
		return fmt.Errorf("receive: %w", err)
	case sendErr != nil:
		return fmt.Errorf("send: %w", sendErr)
	case n != int64(size) || !bytes.Equal(sent.Sum(nil), received.Sum(nil)):
		return fmt.Errorf("%d bytes came back that differ from the %d sent", n, size)
	}
	return nil
}
