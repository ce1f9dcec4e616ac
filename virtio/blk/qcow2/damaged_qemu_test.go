package qcow2

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// judgement is what qemu-img check says of an image.
type judgement struct {
	opens       bool // qemu-img can look at it
	Corruptions int  `json:"corruptions"`
	CheckErrors int  `json:"check-errors"` // what could not be looked at
}

func judge(t *testing.T, path string, b []byte) (j judgement) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := exec.Command("qemu-img", "check", "--output=json", "-f", "qcow2", path).Output()
	j.opens = json.Unmarshal(out, &j) == nil
	return j
}

func (j judgement) wrong() int { return j.Corruptions + j.CheckErrors }

// marked reports whether qemu-img finds the corrupt bit.
func marked(t *testing.T, path string, b []byte) bool {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	var info struct {
		Format struct {
			Data struct{ Corrupt bool }
		} `json:"format-specific"`
	}
	out, err := exec.Command("qemu-img", "info", "--output=json", "-f", "qcow2", path).Output()
	if err != nil || json.Unmarshal(out, &info) != nil {
		t.Errorf("qemu-img info: %v, %s", err, out)
	}
	return info.Format.Data.Corrupt
}

// structures are where an image has what, as ranges of its bytes.
func structures(b []byte) map[string][2]int64 {
	be := binary.BigEndian
	cluster := int64(1) << be.Uint32(b[20:])
	table := func(off, entries int64) [2]int64 { return [2]int64{off, off + 8*entries} }
	l1, refs := int64(be.Uint64(b[40:])), int64(be.Uint64(b[48:]))
	all := map[string][2]int64{
		"header":         {8, 104},
		"L1":             table(l1, int64(be.Uint32(b[36:]))),
		"refcount table": table(refs, cluster/8),
		"refcount block": table(int64(be.Uint64(b[refs:])), cluster/8),
		"anywhere":       {8, int64(len(b))},
	}
	if l2 := int64(be.Uint64(b[l1:]) & 0x00ff_ffff_ffff_fe00); l2 != 0 {
		all["L2"] = table(l2, cluster/8)
	}
	if be.Uint32(b[60:]) != 0 {
		dir := int64(be.Uint64(b[64:]))
		all["snapshot"] = [2]int64{dir, dir + 64}
		all["L1 of the snapshot"] = table(int64(be.Uint64(b[dir:])), int64(be.Uint32(b[dir+8:])))
	}
	return all
}

// damageAtRandom changes one to three words of one structure.
func damageAtRandom(r *rand.Rand, b []byte) (where string) {
	all := structures(b)
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	where = names[r.IntN(len(names))]
	from, to := all[where][0], all[where][1]
	clusters := uint64(len(b)) >> binary.BigEndian.Uint32(b[20:])
	for range 1 + r.IntN(3) {
		word := b[from+r.Int64N(to-from)&^7:][:8]
		old := binary.BigEndian.Uint64(word)
		binary.BigEndian.PutUint64(word, []uint64{
			0,
			r.Uint64(),
			old ^ 1<<r.IntN(64),
			r.Uint64N(clusters)<<binary.BigEndian.Uint32(b[20:]) | entryCopied&r.Uint64(),
			r.Uint64N(uint64(len(b))),
		}[r.IntN(5)])
	}
	return where
}

// Images are damaged at random, in every structure, and written to. The header survives,
// what could be read can be read, qemu-img finds no more wrong than before, and where the
// image is marked as corrupt it finds something wrong, too.
func TestDamagedAtRandom(t *testing.T) {
	qemuImg(t, "--version")
	n := 25
	if os.Getenv("MINIBOOT_FULL") != "" {
		n = 500
	}
	r := rand.New(rand.NewPCG(45, 500))
	path := filepath.Join(t.TempDir(), "image")
	marks := 0
	for i := range n {
		o := recipes[i%len(recipes)]
		o.backing = false
		before, _ := build(t, o, nil)
		where := damageAtRandom(r, before)
		was := judge(t, path, before)

		file := newMemFile(bytes.Clone(before))
		had := readable(file)
		m, err := newImage(file, Config{})
		if err == nil {
			abuse(m)
		}
		after := bytes.Clone(file.b)
		mark := &after[offIncompatible+7]
		corrupt := o.version >= 3 && *mark&featureCorrupt != 0
		if corrupt {
			marks++
			if was.opens && !marked(t, path, after) {
				t.Errorf("image %d, %s: qemu-img does not see the mark", i, where)
			}
			*mark &^= featureCorrupt // which a damaged table may count as an entry
		}
		is := judge(t, path, after)
		switch {
		case !bytes.Equal(after[:48], before[:48]):
			t.Errorf("image %d, %s: the header was\n%x, and is\n%x", i, where, before[:48], after[:48])
		case was.opens && (!is.opens || is.wrong() > was.wrong()):
			t.Errorf("image %d, %s: qemu-img found %+v before, and %+v after (%v)", i, where, was, is, err)
		case was.opens && corrupt && was.wrong() == 0:
			t.Errorf("image %d, %s: is marked as corrupt, and qemu-img finds nothing (%v)", i, where, err)
		}
		has := readable(file)
		for off, want := range had {
			if got, ok := has[off]; !ok || !bytes.Equal(got, want) {
				t.Errorf("image %d, %s: the sector at 0x%x has changed, or is lost (%v)", i, where, off, ok)
				break
			}
		}
	}
	if marks < n/20 {
		t.Errorf("of %d images only %d were marked", n, marks)
	}
	t.Logf("%d images, %d marked as corrupt", n, marks)
}
