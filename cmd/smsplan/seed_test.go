package main

import "flag"

// seed decides what the campaigns of this package do: the same seed, the same decisions.
var seed = flag.Int64("seed", 1, "begin the campaigns with the decisions of seed `N`")
