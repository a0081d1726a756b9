package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// edit puts another text into the place of the only one like it in a file.
type edit struct {
	file     string // below the root of the module, with slashes
	old, new string
}

// edited gives the files that the edits change, by their absolute paths.
func edited(root string, edits []edit) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, e := range edits {
		path := filepath.Join(root, filepath.FromSlash(e.file))
		content, ok := files[path]
		if !ok {
			var err error
			if content, err = os.ReadFile(path); err != nil {
				return nil, err
			}
		}
		if n := strings.Count(string(content), e.old); n != 1 {
			return nil, fmt.Errorf("%s has %d times what the sabotage replaces, not once; change the sabotage with the source:\n%s", e.file, n, e.old)
		}
		files[path] = []byte(strings.Replace(string(content), e.old, e.new, 1))
	}
	return files, nil
}

// overlay writes the edited files below dir, and what tells the Go tool to take them for the sources.
func overlay(root, dir string, edits []edit) (file string, err error) {
	files, err := edited(root, edits)
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for path, content := range files {
		to := filepath.Join(dir, fmt.Sprintf("%d-%s", len(replace), filepath.Base(path)))
		if err := os.WriteFile(to, content, 0o600); err != nil {
			return "", err
		}
		replace[path] = to
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file = filepath.Join(dir, "overlay.json")
	return file, os.WriteFile(file, text, 0o600)
}
