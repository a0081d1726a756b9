// Package config reads what the user wrote, HCL, variables and recipient files, into plain values. It is the only
// package that knows HCL.
//
// A configuration is read in three steps. Reading finds the files and their blocks ([Load], schema.go says which blocks
// and arguments there are). Evaluation gives each named thing its value when something first asks for it, so the order
// of files and blocks never matters (scope.go). Recipient sets become columns of rows, and messages become audiences
// with their texts. Faults never stop a step: what depends on a fault is unknown and is not reported again.
package config

import (
	"encoding/json"

	"github.com/hashicorp/hcl/v2"
)

// Version is the version of smsplan whose language this package reads; required_version is held against it.
const Version = "0.1.0"

// DefaultWorkspace is the workspace of [Options] that name none.
const DefaultWorkspace = "default"

// Options of Load. The zero Options read the configuration alone.
type Options struct {
	Assignments []Assignment               // -var and -var-file, in the order given
	Environ     []string                   // "NAME=value": SMSPLAN_VAR_*, SMSPLAN_API_ID, SMSPLAN_USER, SMSPLAN_PASSWORD
	Preset      map[string]json.RawMessage // values of a saved plan's variables; then Assignments may name ephemeral variables only
	Workspace   string                     // "" is [DefaultWorkspace]
	AllowPaths  []string                   // -allow-path
	ShowNumbers bool                       // diagnostics about rows show the row as it is
	Scope       Scope
	Progress    func(rows int, share float64, doing string) // called now and then with the rows that are done, which part of all they are, and what is done, such as "Reading people.csv"; may be nil

	// CheckFault tells what is wrong with a fault of the simulator; nil for taking any.
	CheckFault func(string) error

	// Sets names the recipient sets that ScopeSend reads. One that the configuration does not declare is no fault:
	// Config.Sets lacks it, and the caller must look, because to read it as an empty set would exclude nobody.
	Sets []string

	test *tested // nil where the configuration is not under test
}

// Scope says how much of the configuration is evaluated.
type Scope uint8

// Scopes.
const (
	ScopeAll      Scope = iota // everything; required variables must have values, ephemeral ones may be missing
	ScopeValidate              // everything that can be known without values of required variables: what depends on them is unknown and not checked
	ScopeSend                  // gateway with its credentials, state, and those of the sets named in Options.Sets that there are
	ScopeState                 // the smsplan block and the kind of gateway only: no recipients, no messages
	ScopeGraph                 // what refers to what, in Config.Graph: no file is read that no name or key depends on
)

// Assignment is one -var or -var-file.
type Assignment struct {
	Flag  string // "-var" or "-var-file"
	Value string // "name=value" or a path
}

// Config is a configuration, evaluated.
type Config struct {
	Dir       string // absolute
	Workspace string
	Gateway   Gateway
	State     StateSettings
	Sets      map[string]*Set // by name; a set that could not be read is not there, rather than empty
	Messages  []*Message      // by address
	Moves     []Move          // none of them in a circle
	Removed   []Removal
	Imports   []Import // by message and revision
	Outputs   []Output // by name
	Tariff    *Tariff  // nil where there is none
	Guards    []Guard  // by name
	Checks    []Check  // by name; of ScopeAll, and where there are no errors
	PlanKeys  []string // public keys that saved plans are encrypted to, as written; nil for none

	Graph Graph // of ScopeGraph, and where there are no errors

	// Variables are the values that a saved plan keeps, each an object of value and type. Ephemeral variables are
	// not among them, nor are those whose value is a credential of the gateway.
	Variables map[string]json.RawMessage

	scope    *scope
	warnings hcl.Diagnostics // of the checks
}
