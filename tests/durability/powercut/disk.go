package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

const rootID = 1

// disk is all that lies below one mount. Only persist (through a sync) writes to what is durable.
type disk struct {
	store      string
	journalled bool
	root       *node

	power sync.RWMutex // held for reading by each operation, for writing by a cut
	off   bool

	mu     sync.Mutex // guards what follows
	nodes  []*node
	lastID uint64
}

// record is what is durable of a file or folder besides its content, as it is kept in the store.
type record struct {
	Attr    attributes
	Entries map[string]uint64 `json:",omitempty"`
}

// open takes up the durable state of a store; an empty store is an empty disk.
func open(store string, journalled bool) (*disk, error) {
	d := &disk{store: store, journalled: journalled}
	if err := errors.Join(os.RemoveAll(d.path("live")), os.MkdirAll(d.path("live"), 0o700), os.MkdirAll(d.path("durable"), 0o700)); err != nil {
		return nil, err
	}
	records := map[uint64]record{rootID: {Attr: attributes{Mode: syscall.S_IFDIR | 0o755}}}
	text, err := os.ReadFile(d.path("records.json"))
	if err == nil {
		err = json.Unmarshal(text, &records)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for id := range records {
		d.lastID = max(d.lastID, id)
	}
	d.root, err = d.restore(records, rootID, map[uint64]*node{})
	return d, err
}

// restore makes the node of a record and, when it is mounted, all below it.
func (d *disk) restore(records map[uint64]record, id uint64, known map[uint64]*node) (*node, error) {
	if n, ok := known[id]; ok {
		return n, nil
	}
	kept := records[id]
	n := &node{disk: d, id: id, attr: kept.Attr, kept: kept.Attr, keptNames: map[string]*node{}}
	known[id] = n
	d.nodes = append(d.nodes, n)
	for name, child := range kept.Entries {
		var err error
		if n.keptNames[name], err = d.restore(records, child, known); err != nil {
			return nil, err
		}
	}
	if n.folder() {
		return n, nil
	}
	return n, n.restoreContent()
}

// plant puts the durable names below a node into the mounted tree. A file may have two: moved, and one of the folders synced.
func (n *node) plant(ctx context.Context) {
	for name, child := range n.keptNames {
		if !child.planted {
			child.planted = true
			n.AddChild(name, n.NewPersistentInode(ctx, child, child.stable()), true)
			child.plant(ctx)
		} else {
			n.AddChild(name, child.EmbeddedInode(), true)
		}
	}
}

// newNode makes a file or folder that is on no disk yet but as an empty one.
func (d *disk) newNode(attr attributes) (*node, error) {
	d.mu.Lock()
	d.lastID++
	n := &node{disk: d, id: d.lastID, attr: attr, kept: attr, keptNames: map[string]*node{}}
	d.nodes = append(d.nodes, n)
	d.mu.Unlock()
	if n.folder() {
		return n, nil
	}
	return n, n.createContent()
}

// begin tells whether there is power; the operation that asked must call end.
func (d *disk) begin() bool { d.power.RLock(); return !d.off }
func (d *disk) end()        { d.power.RUnlock() }

func (d *disk) all() []*node {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.nodes[:len(d.nodes):len(d.nodes)]
}

// settle makes everything durable.
func (d *disk) settle() error {
	d.power.Lock()
	defer d.power.Unlock()
	var problems error
	for _, n := range d.all() {
		problems = errors.Join(problems, n.persist())
	}
	return problems
}

// keepNames makes the names in all folders durable: what a journal commits, it commits in order and together.
func (d *disk) keepNames() {
	for _, n := range d.all() {
		if n.folder() {
			n.keepNames()
		}
	}
}

// cut ends all operations for good and writes down what is durable. Of each block that was not synced, share is the
// probability that it had reached the disk all the same.
func (d *disk) cut(share float64, seed int64) error {
	d.power.Lock()
	defer d.power.Unlock()
	if d.off {
		return nil
	}
	d.off = true
	luck := rand.New(rand.NewSource(seed))
	records := map[uint64]record{}
	var problems error
	for _, n := range d.all() {
		problems = errors.Join(problems, n.persistSome(share, luck))
		kept := record{Attr: n.kept, Entries: map[string]uint64{}}
		for name, child := range n.keptNames {
			kept.Entries[name] = child.id
		}
		records[n.id] = kept
	}
	text, err := json.Marshal(records)
	return errors.Join(problems, err, os.WriteFile(d.path("records.json"), text, 0o600))
}

func (d *disk) path(parts ...string) string {
	return filepath.Join(append([]string{d.store}, parts...)...)
}
