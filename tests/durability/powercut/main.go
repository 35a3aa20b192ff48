// Powercut mounts a folder that forgets, on command, whatever was not synced: a disk whose power is cut.
//
// Orders come as lines on stdin, each is answered by a line on stdout:
//
//	settle           all there is becomes durable, as after sync(2)
//	cut              power off: from here on every operation fails with EIO
//	cut SHARE SEED   the same, but each unsynced block reached the disk with probability SHARE
//	end              unmount (also when stdin ends; a power cut if there was none)
//
// The next start on the same store shows what was durable.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

func main() {
	store := flag.String("store", "", "folder that keeps what is durable")
	mount := flag.String("mount", "", "where it is mounted")
	names := flag.String("names", "strict", "strict: a name lasts once its folder was synced; journalled: once anything was synced after it")
	flag.Parse()
	if *store == "" || *mount == "" || (*names != "strict" && *names != "journalled") {
		flag.Usage()
		os.Exit(2)
	}
	disk, err := open(*store, *names == "journalled")
	if err == nil {
		_, err = fs.Mount(*mount, disk.root, options(disk))
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("mounted")
	obey(disk)
	// The containers that hold the mount are gone or see errors: nothing to wait for.
	if err := syscall.Unmount(*mount, syscall.MNT_DETACH); err != nil {
		log.Fatal(err)
	}
}

func options(disk *disk) *fs.Options {
	return &fs.Options{OnAdd: disk.root.plant, MountOptions: fuse.MountOptions{
		FsName: "powercut", Name: "powercut", AllowOther: true, DirectMountStrict: true,
		Options: []string{"default_permissions"}, DisableXAttrs: true, MaxWrite: 512 << 10,
	}}
}

// obey follows the orders on stdin until the last.
func obey(disk *disk) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() && strings.TrimSpace(lines.Text()) != "end" {
		if err := order(disk, lines.Text()); err != nil {
			fmt.Println("failed:", err)
		} else {
			fmt.Println("done")
		}
	}
	if err := disk.cut(0, 0); err != nil {
		log.Print(err)
	}
}

func order(disk *disk, line string) error {
	var share float64
	var seed int64
	switch words := strings.Fields(line); {
	case line == "settle":
		return disk.settle()
	case line == "cut":
		return disk.cut(0, 0)
	case len(words) == 3 && words[0] == "cut":
		if _, err := fmt.Sscan(words[1]+" "+words[2], &share, &seed); err != nil {
			return err
		}
		return disk.cut(share, seed)
	}
	return fmt.Errorf("no such order: %q", line)
}
