package main

import (
	"context"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

const noReplace = 1 // RENAME_NOREPLACE: the kernel has looked already

// attributes of a file or folder; times in nanoseconds.
type attributes struct {
	Mode, UID, GID uint32
	Size           int64
	Changed        int64
}

// node is a file or a folder: as programs see it, and as it is on the disk.
type node struct {
	fs.Inode
	disk    *disk
	id      uint64
	planted bool // it stands in the mounted tree

	mu        sync.Mutex // guards what follows
	attr      attributes
	live      *os.File
	dirty     []extent // where live differs from durable
	kept      attributes
	keptNames map[string]*node
	durable   *os.File
}

// handle is an open file; synced is O_SYNC or O_DSYNC.
type handle struct{ synced bool }

func (n *node) folder() bool { return n.attr.Mode&syscall.S_IFMT == syscall.S_IFDIR }
func (n *node) stable() fs.StableAttr {
	return fs.StableAttr{Mode: n.attr.Mode & syscall.S_IFMT, Ino: n.id}
}

// keepNames makes the names in a folder durable as they are now.
func (n *node) keepNames() {
	names := map[string]*node{}
	for name, child := range n.Children() {
		names[name] = child.Operations().(*node)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.keptNames = names
}

func (n *node) fill(out *fuse.Attr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	changed := time.Unix(0, n.attr.Changed)
	out.Mode, out.Uid, out.Gid, out.Nlink = n.attr.Mode, n.attr.UID, n.attr.GID, 1
	out.Size, out.Blocks, out.Blksize = uint64(n.attr.Size), uint64(n.attr.Size+511)/512, blockBytes
	out.SetTimes(&changed, &changed, &changed)
}

func (n *node) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	defer n.disk.end()
	if !n.disk.begin() {
		return syscall.EIO
	}
	n.fill(&out.Attr)
	return 0
}

func (n *node) Setattr(_ context.Context, _ fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	defer n.disk.end()
	if !n.disk.begin() {
		return syscall.EIO
	}
	err := n.set(in)
	n.fill(&out.Attr)
	return errno(err)
}

func (n *node) set(in *fuse.SetAttrIn) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if mode, ok := in.GetMode(); ok {
		n.attr.Mode = n.attr.Mode&syscall.S_IFMT | mode&0o7777
	}
	if user, ok := in.GetUID(); ok {
		n.attr.UID = user
	}
	if group, ok := in.GetGID(); ok {
		n.attr.GID = group
	}
	if changed, ok := in.GetMTime(); ok {
		n.attr.Changed = changed.UnixNano()
	}
	if size, ok := in.GetSize(); ok {
		return n.resize(int64(size))
	}
	return nil
}

func (n *node) Lookup(_ context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	defer n.disk.end()
	if !n.disk.begin() {
		return nil, syscall.EIO
	}
	child := n.GetChild(name)
	if child == nil {
		return nil, syscall.ENOENT
	}
	child.Operations().(*node).fill(&out.Attr)
	return child, 0
}

func (n *node) Opendir(context.Context) syscall.Errno {
	defer n.disk.end()
	if !n.disk.begin() {
		return syscall.EIO
	}
	return 0
}

// add makes a file or folder in a folder.
func (n *node) add(ctx context.Context, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	defer n.disk.end()
	if !n.disk.begin() {
		return nil, syscall.EIO
	}
	attr := attributes{Mode: mode, Changed: time.Now().UnixNano()}
	if caller, ok := fuse.FromContext(ctx); ok {
		attr.UID, attr.GID = caller.Uid, caller.Gid
	}
	child, err := n.disk.newNode(attr)
	if err != nil {
		return nil, errno(err)
	}
	child.fill(&out.Attr)
	return n.NewPersistentInode(ctx, child, child.stable()), 0
}

func (n *node) Mkdir(ctx context.Context, _ string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	return n.add(ctx, syscall.S_IFDIR|mode&0o7777, out)
}

func (n *node) Create(ctx context.Context, _ string, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	inode, problem := n.add(ctx, syscall.S_IFREG|mode&0o7777, out)
	return inode, &handle{flags&syscall.O_DSYNC != 0}, 0, problem
}

func (n *node) Open(_ context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	defer n.disk.end()
	if !n.disk.begin() {
		return nil, 0, syscall.EIO
	}
	return &handle{flags&syscall.O_DSYNC != 0}, 0, 0
}

func (n *node) Read(_ context.Context, _ fs.FileHandle, into []byte, at int64) (fuse.ReadResult, syscall.Errno) {
	defer n.disk.end()
	if !n.disk.begin() {
		return nil, syscall.EIO
	}
	count, err := n.live.ReadAt(into, at)
	if err != nil && err != io.EOF {
		return nil, errno(err)
	}
	return fuse.ReadResultData(into[:count]), 0
}

func (n *node) Write(_ context.Context, file fs.FileHandle, data []byte, at int64) (uint32, syscall.Errno) {
	defer n.disk.end()
	if !n.disk.begin() {
		return 0, syscall.EIO
	}
	written, err := n.write(data, at)
	if opened, ok := file.(*handle); ok && opened.synced && err == nil {
		err = n.sync()
	}
	return uint32(written), errno(err)
}

func (n *node) write(data []byte, at int64) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	written, err := n.live.WriteAt(data, at)
	n.changed(at, at+int64(written))
	n.attr.Size, n.attr.Changed = max(n.attr.Size, at+int64(written)), time.Now().UnixNano()
	return written, err
}

func (n *node) Allocate(_ context.Context, _ fs.FileHandle, from, length uint64, mode uint32) syscall.Errno {
	defer n.disk.end()
	if !n.disk.begin() {
		return syscall.EIO
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := syscall.Fallocate(int(n.live.Fd()), mode, int64(from), int64(length)); err != nil {
		return errno(err)
	}
	after, err := n.live.Stat()
	if err != nil {
		return errno(err)
	}
	n.changed(int64(from), int64(from+length))
	n.attr.Size = after.Size()
	return 0
}

// sync is fsync, fdatasync and what O_SYNC and O_DSYNC do after a write.
func (n *node) sync() error {
	if err := n.persist(); err != nil {
		return err
	}
	if n.disk.journalled {
		n.disk.keepNames()
	}
	return nil
}

func (n *node) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	defer n.disk.end()
	if !n.disk.begin() {
		return syscall.EIO
	}
	return errno(n.sync())
}

func (n *node) Unlink(context.Context, string) syscall.Errno {
	return n.Opendir(context.Background())
}

func (n *node) Rmdir(_ context.Context, name string) syscall.Errno {
	return n.replaceable(n.GetChild(name))
}

func (n *node) Rename(_ context.Context, _ string, to fs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	if flags&^noReplace != 0 {
		return syscall.EINVAL
	}
	return n.replaceable(to.EmbeddedInode().GetChild(newName))
}

// replaceable refuses to let go of a folder that is not empty, and of anything without power.
func (n *node) replaceable(inode *fs.Inode) syscall.Errno {
	defer n.disk.end()
	if !n.disk.begin() {
		return syscall.EIO
	}
	if inode != nil && len(inode.Children()) > 0 {
		return syscall.ENOTEMPTY
	}
	return 0
}

func (n *node) Statfs(_ context.Context, out *fuse.StatfsOut) syscall.Errno {
	var below syscall.Statfs_t
	if err := syscall.Statfs(n.disk.store, &below); err != nil {
		return errno(err)
	}
	out.FromStatfsT(&below)
	return 0
}
