//go:build ignore

// pack makes zoneinfo.zip of a directory with one release of IANA's data: zones as `zic -b slim -d DIR tzdata.zi` compiles
// them, and beside them tzdata.zi and zone.tab.
package main

import (
	"archive/zip"
	"bytes"
	"flag"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	dir := flag.String("dir", "/usr/share/zoneinfo", "the release")
	flag.Parse()
	if err := pack(*dir, "zoneinfo.zip"); err != nil {
		log.Fatal(err)
	}
}

func pack(dir, to string) error {
	source, err := os.ReadFile(filepath.Join(dir, "tzdata.zi"))
	if err != nil {
		return err
	}
	version, _, _ := strings.Cut(strings.TrimPrefix(string(source), "# version "), "\n")
	regions, err := os.ReadFile(filepath.Join(dir, "zone.tab"))
	if err != nil {
		return err
	}
	files := map[string][]byte{"+VERSION": []byte(version + "\n"), "zone.tab": zones(regions)}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		name = filepath.ToSlash(name)
		if d.IsDir() {
			if name == "posix" || name == "right" {
				return filepath.SkipDir
			}
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil || !bytes.HasPrefix(b, []byte("TZif")) || name == "localtime" || name == "posixrules" || name == "Factory" {
			return err
		}
		files[name] = b
		return nil
	})
	if err != nil {
		return err
	}
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range names {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err != nil {
			return err
		}
		if _, err := w.Write(files[name]); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(to, out.Bytes(), 0o644)
}

// zones leaves of zone.tab the region and the name of each zone.
func zones(table []byte) []byte {
	var out bytes.Buffer
	for line := range strings.Lines(string(table)) {
		columns := strings.Split(strings.TrimSpace(line), "\t")
		if !strings.HasPrefix(line, "#") && len(columns) >= 3 {
			out.WriteString(columns[0] + "\t" + columns[2] + "\n")
		}
	}
	return out.Bytes()
}
