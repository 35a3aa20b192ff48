package main

import (
	"errors"
	"io"
	"math/rand"
	"os"
	"strconv"
	"syscall"
)

const blockBytes = 4096

// extent is a range of bytes of a file, from and up to.
type extent struct{ from, to int64 }

// clip returns the part of an extent below a size.
func (e extent) clip(size int64) extent { return extent{min(e.from, size), min(e.to, size)} }

func (n *node) livePath() string    { return n.disk.path("live", strconv.FormatUint(n.id, 10)) }
func (n *node) durablePath() string { return n.disk.path("durable", strconv.FormatUint(n.id, 10)) }

func (n *node) createContent() (err error) {
	n.live, err = os.OpenFile(n.livePath(), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err == nil {
		n.durable, err = os.OpenFile(n.durablePath(), os.O_RDWR|os.O_CREATE, 0o600)
	}
	return err
}

// restoreContent makes the live content of a file from the durable one.
func (n *node) restoreContent() error {
	if err := n.createContent(); err != nil {
		return err
	}
	if err := errors.Join(n.durable.Truncate(n.kept.Size), n.live.Truncate(n.kept.Size)); err != nil {
		return err
	}
	return copyData(n.live, n.durable, extent{0, n.kept.Size})
}

// changed notes that a range differs from what is durable; the caller holds mu.
func (n *node) changed(from, to int64) {
	if last := len(n.dirty) - 1; last >= 0 && from <= n.dirty[last].to && to >= n.dirty[last].from {
		n.dirty[last] = extent{min(from, n.dirty[last].from), max(to, n.dirty[last].to)}
		return
	}
	n.dirty = append(n.dirty, extent{from, to})
}

// resize sets the size; what a smaller size cut off is changed, for it must not come back. The caller holds mu.
func (n *node) resize(size int64) error {
	if size < n.attr.Size {
		n.changed(size, n.attr.Size)
	}
	n.attr.Size = size
	return n.live.Truncate(size)
}

// persist makes a file's content and attributes, or a folder's names and attributes, durable.
func (n *node) persist() error {
	if n.folder() {
		n.keepNames()
		n.mu.Lock()
		defer n.mu.Unlock()
		n.kept = n.attr
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, range_ := range n.dirty {
		if err := copyData(n.durable, n.live, range_.clip(n.attr.Size)); err != nil {
			return err
		}
	}
	n.dirty, n.kept = nil, n.attr
	return n.durable.Truncate(n.attr.Size)
}

// persistSome makes blocks of what was not synced durable, each with probability share.
func (n *node) persistSome(share float64, luck *rand.Rand) error {
	for _, range_ := range n.dirty {
		whole := range_.clip(n.attr.Size)
		for from := whole.from; from < whole.to; from = (from/blockBytes + 1) * blockBytes {
			if luck.Float64() >= share {
				continue
			}
			block := extent{from, min((from/blockBytes+1)*blockBytes, whole.to)}
			if err := copyData(n.durable, n.live, block); err != nil {
				return err
			}
			n.kept.Size = max(n.kept.Size, block.to)
		}
	}
	return nil
}

// copyData copies a range; holes stay holes only beyond the end of the destination.
func copyData(to, from *os.File, range_ extent) error {
	source := io.NewSectionReader(from, range_.from, range_.to-range_.from)
	_, err := io.Copy(io.NewOffsetWriter(to, range_.from), source)
	return err
}

// errno is what the kernel is told of an error.
func errno(err error) syscall.Errno {
	var number syscall.Errno
	if err == nil || errors.As(err, &number) {
		return number
	}
	return syscall.EIO
}
