package main

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// listenAt listens at an address that was given with -listen. One that is empty would be every address of this machine, at a port that
// nobody knows: a variable that is not set is no wish for that.
func listenAt(address, example string) (net.Listener, error) {
	if address == "" {
		return nil, fmt.Errorf("-listen: it has no address; want HOST:PORT, such as %s", example)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("-listen: %w", unheard(err, example))
	}
	return listener, nil
}

// unheard gives why an address cannot be listened at, without repeating what was typed.
func unheard(err error, example string) error {
	var bad *net.AddrError
	var unknown *net.DNSError
	var of *net.OpError
	switch {
	case errors.As(err, &bad):
		return fmt.Errorf("%s; want HOST:PORT, such as %s", bad.Err, example)
	case errors.As(err, &unknown):
		return fmt.Errorf("there is no such host, or no such port; want HOST:PORT, such as %s", example)
	case errors.Is(err, syscall.EADDRINUSE):
		return errors.New("another program listens there already; end that, or give another port")
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return errors.New("this machine does not have that address; give one that it has, such as " + example)
	case errors.As(err, &of):
		return of.Err
	}
	return err
}
