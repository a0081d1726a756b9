package main

// The sources that the edits change are the product's. Where an edit does not fit any more, change it with them: a test says so.

var sabotages = []sabotage{{
	name: "synchronous=NORMAL", broken: "commits are not flushed",
	edits:    []edit{{"internal/state/sqlite.go", "PRAGMA synchronous = FULL", "PRAGMA synchronous = NORMAL"}},
	caughtBy: power, args: []string{"-cuts=600"}, finding: "lost",
}, {
	name: "no durable creation", broken: "the state is made at its path at once, not under another name",
	edits: []edit{
		{"internal/state/disk.go", `temporary := path + ".new"`, `temporary := path`},
		{"internal/state/disk.go", "	defer func() { err = errors.Join(err, remove()) }()\n", ""},
		{"internal/state/disk.go", "errors.Join(on.flush(f), f.Close())", "f.Close()"},
		{"internal/state/disk.go", `	if err := on.rename(temporary, path); err != nil {
		return err
	}
	return on.flushDir(filepath.Dir(path))
`, "	_ = filepath.Dir\n	return nil\n"},
	},
	caughtBy: power, args: []string{"-cuts=600"}, finding: "lost",
}, {
	name: "no directory flush", broken: "names of files are not flushed",
	edits: []edit{
		{"internal/state/disk.go", "return on.flushDir(filepath.Dir(path))", "_ = filepath.Dir\n	return nil"},
		{"internal/state/sqlite.go", "if err := on.flushDir(filepath.Dir(path)); err != nil {", "_ = filepath.Dir\n		if err := error(nil); err != nil {"},
	},
	caughtBy: power, args: []string{"-cuts=600"}, finding: "lost",
}, {
	name: "no key check", broken: "any key is taken for the one that the state needs",
	edits: []edit{{"internal/state/key.go", `		at := slices.IndexFunc(given, func(g key) bool { return string(g.check) == string(k.check) })
`, `		at := min(len(given), 1) - 1
		if at == 0 {
			given[0].check = k.check
		}
`}},
	caughtBy: refusals, finding: "not refused",
}}
