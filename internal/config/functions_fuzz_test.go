package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

// Whatever an expression calls, it is answered within bounds and harmlessly, the same each time, and no library panics.
func FuzzFunctions(f *testing.F) {
	paths, err := filepath.Glob("testdata/functions/*.txt")
	if err != nil || len(paths) == 0 {
		f.Fatal("no goldens", err)
	}
	for _, path := range paths {
		source, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		n := 0
		for line := range strings.Lines(string(source)) {
			// Those that come close to the bounds are slow where fuzzing counts each branch; some of the others are enough to begin with.
			if expression, is := strings.CutPrefix(line, "> "); is && !strings.Contains(expression, "local.long") {
				if n++; n%4 == 1 {
					f.Add(strings.TrimSpace(expression))
				}
			}
		}
	}
	archive, err := txtar.ParseFile("testdata/functions/configuration.txtar")
	if err != nil {
		f.Fatal(err)
	}
	files := map[string]string{}
	for _, file := range archive.Files {
		files[file.Name] = string(file.Data)
	}
	dir := directory(f, files)
	c, d := Load(f.Context(), dir, Options{})
	if d.HasErrors() {
		f.Fatal(said(d, dir))
	}
	f.Fuzz(func(t *testing.T, expression string) {
		if strings.Count(expression, "for") > 1 || len(expression) > 2000 {
			t.Skip() // a loop in a loop takes as long as it says
		}
		began, allocated := time.Now(), allocations()
		first := answered(c, expression)
		if took, used := time.Since(began), allocations()-allocated; took > 20*time.Second || used > 4<<30 {
			t.Errorf("it takes %v and %d MiB", took, used>>20)
		}
		harmless(t, first)
		if strings.Contains(first, "goroutine ") || strings.Contains(first, "panic") && !strings.Contains(expression, "panic") {
			t.Errorf("a library panics: %s", first)
		}
		if again := answered(c, expression); again != first {
			t.Errorf("it gives %q, and then %q", first, again)
		}
	})
}
