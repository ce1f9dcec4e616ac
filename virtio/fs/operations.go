//go:build linux || darwin

package fs

import "github.com/hanwen/go-fuse/v2/fuse"

// Opcodes of <linux/fuse.h>.
const (
	opLookup        = 1
	opForget        = 2
	opGetattr       = 3
	opSetattr       = 4
	opReadlink      = 5
	opSymlink       = 6
	opMknod         = 8
	opMkdir         = 9
	opUnlink        = 10
	opRmdir         = 11
	opRename        = 12
	opLink          = 13
	opOpen          = 14
	opRead          = 15
	opWrite         = 16
	opStatfs        = 17
	opRelease       = 18
	opFsync         = 20
	opSetxattr      = 21
	opGetxattr      = 22
	opListxattr     = 23
	opRemovexattr   = 24
	opFlush         = 25
	opInit          = 26
	opOpendir       = 27
	opReaddir       = 28
	opReleasedir    = 29
	opFsyncdir      = 30
	opGetlk         = 31
	opSetlk         = 32
	opSetlkw        = 33
	opAccess        = 34
	opCreate        = 35
	opInterrupt     = 36
	opDestroy       = 38
	opIoctl         = 39
	opBatchForget   = 42
	opFallocate     = 43
	opReaddirplus   = 44
	opRename2       = 45
	opLseek         = 46
	opCopyFileRange = 47
	opSyncfs        = 50
	opTmpfile       = 51
)

// operation describes a kind of request.
type operation struct {
	name    string
	args    int  // bytes of the request's fixed part, after the header
	reply   int  // bytes of the answer's fixed part, after the header
	changes bool // it changes the file system
	data    bool // what follows args is data to be written
	silent  bool // there is no answer
	waits   bool // it may wait for other requests
	do      func(r *request, cancel <-chan struct{}) fuse.Status
}

// Sizes of the answers' fixed parts.
const (
	attrSize    = 88
	entrySize   = 40 + attrSize
	attrOutSize = 16 + attrSize
	openOutSize = 16
	maxReply    = entrySize + openOutSize
)

var operations = [...]*operation{
	opLookup:        {name: "LOOKUP", reply: entrySize, do: (*request).lookup},
	opForget:        {name: "FORGET", args: 8, silent: true, do: (*request).forget},
	opGetattr:       {name: "GETATTR", args: 16, reply: attrOutSize, do: (*request).getattr},
	opSetattr:       {name: "SETATTR", args: 88, reply: attrOutSize, changes: true, do: (*request).setattr},
	opReadlink:      {name: "READLINK", do: (*request).readlink},
	opSymlink:       {name: "SYMLINK", reply: entrySize, changes: true, do: (*request).symlink},
	opMknod:         {name: "MKNOD", args: 16, reply: entrySize, changes: true, do: (*request).mknod},
	opMkdir:         {name: "MKDIR", args: 8, reply: entrySize, changes: true, do: (*request).mkdir},
	opUnlink:        {name: "UNLINK", changes: true, do: (*request).unlink},
	opRmdir:         {name: "RMDIR", changes: true, do: (*request).rmdir},
	opRename:        {name: "RENAME", args: 8, changes: true, do: (*request).rename},
	opLink:          {name: "LINK", args: 8, reply: entrySize, changes: true, do: (*request).link},
	opOpen:          {name: "OPEN", args: 8, reply: openOutSize, do: (*request).open},
	opRead:          {name: "READ", args: 40, do: (*request).read},
	opWrite:         {name: "WRITE", args: 40, reply: 8, changes: true, data: true, do: (*request).write},
	opStatfs:        {name: "STATFS", reply: 80, do: (*request).statfs},
	opRelease:       {name: "RELEASE", args: 24, do: (*request).release},
	opFsync:         {name: "FSYNC", args: 16, do: (*request).fsync},
	opSetxattr:      {name: "SETXATTR", args: 8, changes: true, do: (*request).setxattr},
	opGetxattr:      {name: "GETXATTR", args: 8, do: (*request).getxattr},
	opListxattr:     {name: "LISTXATTR", args: 8, do: (*request).listxattr},
	opRemovexattr:   {name: "REMOVEXATTR", changes: true, do: (*request).removexattr},
	opFlush:         {name: "FLUSH", args: 24, do: (*request).flush},
	opInit:          {name: "INIT", args: 16, do: (*request).init},
	opOpendir:       {name: "OPENDIR", args: 8, reply: openOutSize, do: (*request).opendir},
	opReaddir:       {name: "READDIR", args: 40, do: (*request).readdir},
	opReleasedir:    {name: "RELEASEDIR", args: 24, do: (*request).releasedir},
	opFsyncdir:      {name: "FSYNCDIR", args: 16, do: (*request).fsyncdir},
	opGetlk:         {name: "GETLK", args: 48, reply: 24, do: (*request).getlk},
	opSetlk:         {name: "SETLK", args: 48, do: (*request).setlk},
	opSetlkw:        {name: "SETLKW", args: 48, waits: true, do: (*request).setlkw},
	opAccess:        {name: "ACCESS", args: 8, do: (*request).access},
	opCreate:        {name: "CREATE", args: 16, reply: entrySize + openOutSize, changes: true, do: (*request).create},
	opInterrupt:     {name: "INTERRUPT", args: 8, do: (*request).interrupted},
	opDestroy:       {name: "DESTROY", do: (*request).destroy},
	opIoctl:         {name: "IOCTL", args: 32, do: (*request).ioctl},
	opBatchForget:   {name: "BATCH_FORGET", args: 8, silent: true, do: (*request).batchForget},
	opFallocate:     {name: "FALLOCATE", args: 32, changes: true, do: (*request).fallocate},
	opReaddirplus:   {name: "READDIRPLUS", args: 40, do: (*request).readdirplus},
	opRename2:       {name: "RENAME2", args: 16, changes: true, do: (*request).rename2},
	opLseek:         {name: "LSEEK", args: 24, reply: 8, do: (*request).lseek},
	opCopyFileRange: {name: "COPY_FILE_RANGE", args: 56, reply: 8, changes: true, do: (*request).copyFileRange},
	opSyncfs:        {name: "SYNCFS", args: 8, do: (*request).syncfs},
	opTmpfile:       {name: "TMPFILE", args: 16, reply: entrySize + openOutSize, changes: true, do: (*request).tmpfile},
}

// operationOf returns the operation of an opcode, or nil.
func operationOf(opcode uint32) *operation {
	if opcode >= uint32(len(operations)) {
		return nil
	}
	return operations[opcode]
}
