package main

import (
	"crypto/rand"
	"os"
	"strconv"

	"github.com/ncruces/go-sqlite3"
	"github.com/rogpeppe/go-internal/testscript"
)

// truncateCommand cuts a file short.
func truncateCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: truncate FILE N")
	}
	ts.Check(os.Truncate(ts.MkAbs(args[0]), int64(number(ts, "truncate FILE", neg, args[1:]))))
}

// scribbleCommand writes noise over part of a file.
func scribbleCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: scribble FILE FROM TO")
	}
	from, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	to, err := strconv.ParseInt(args[2], 10, 64)
	ts.Check(err)
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_WRONLY, 0)
	ts.Check(err)
	defer f.Close()
	noise := make([]byte, to-from)
	rand.Read(noise)
	_, err = f.WriteAt(noise, from)
	ts.Check(err)
}

// sqlCommand changes a database behind the program's back.
func sqlCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sql FILE STATEMENT")
	}
	conn, err := sqlite3.OpenFlags(ts.MkAbs(args[0]), sqlite3.OPEN_READWRITE)
	ts.Check(err)
	ts.Check(conn.Exec(args[1]))
	ts.Check(conn.Close())
}
