//go:build !unix

package state

import (
	"context"
	"errors"
)

func onFullDisk(context.Context, Settings, string) error {
	return errors.New("files have no limits here")
}
