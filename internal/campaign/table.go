package main

// campaign is one test that tries to break the promise again and again. Several may have one id: they look at one thing from
// several sides.
type campaign struct {
	id, what  string
	dir, test string   // the package, below the root of the module, and its test
	ci, full  []string // arguments that say how often
	seed      string   // the argument that takes the seed; "" for none
	program   bool     // it runs the program as a process
	disk      bool     // it needs a real disk; all others write into memory where they can
	fuzz      bool     // it is a fuzz target
}

const seeded = "-seed"

var (
	kills = campaign{
		id: "R1", what: "random kill -9 with gateway faults", dir: "cmd/smsplan", test: "TestKilledAtAnyMomentItSendsToEverybodyOnce",
		ci: []string{"-kills=200"}, full: []string{"-kills=1000"}, seed: seeded, program: true,
	}
	recalled = campaign{
		id: "R1", what: "random kill -9 while scheduled messages are withdrawn", dir: "cmd/smsplan", test: "TestKilledAtAnyMomentNobodyHasTwoScheduledMessages",
		ci: []string{"-kills=50"}, full: []string{"-kills=500"}, seed: seeded, program: true,
	}
	points = campaign{
		id: "R2", what: "kill, ENOSPC and EIO at system calls", dir: "cmd/smsplan", test: "TestASystemCallThatFailsSendsNobodyTwiceAndLosesNobody",
		ci: []string{"-points=100"}, full: []string{"-points=1000"}, seed: seeded, program: true,
	}
	trials = campaign{
		id: "R4", what: "faults of gateway, network and host, and mixtures", dir: "internal/apply", test: "TestNoKindOfFaultSendsTwiceOrLosesAnybody",
		ci: []string{"-trials=20"}, full: []string{"-trials=1000"}, seed: seeded,
	}
	schedules = campaign{
		id: "R9", what: "schedules: random mixtures of faults", dir: "internal/apply", test: "TestNoScheduleOfFaultsSendsTwiceOrLosesAnybody",
		ci: []string{"-schedules=5000"}, full: []string{"-schedules=1000000"}, seed: seeded,
	}
	recalls = campaign{
		id: "R9", what: "histories of scheduled messages that are withdrawn", dir: "internal/apply", test: "TestNobodyHasTwoScheduledMessagesOfOneRevision",
		ci: []string{"-recalls=100"}, full: []string{"-recalls=10000"}, seed: seeded,
	}
	canaries = campaign{
		id: "R11", what: "canaries over all commands, logs and faults", dir: "cmd/smsplan", test: "TestCanariesAreSeenNowhere",
		seed: seeded, program: true,
	}
	power = campaign{
		id: "R3", what: "power cuts: what was not flushed is lost, torn, reordered", dir: "internal/state", test: "TestAPowerCutLosesNothingAcknowledgedAndSendsNobodyTwice",
		ci: []string{"-cuts=6000"}, full: []string{"-cuts=60000"}, seed: seeded,
	}
	flips = campaign{
		id: "R3", what: "bit flips in file, log and anchor", dir: "internal/state", test: "TestAFlippedBitIsNoticedOrHarmless",
		ci: []string{"-flips=1000"}, full: []string{"-flips=10000"}, seed: seeded,
	}
	races = campaign{
		id: "R5", what: "two to eight runners on one state", dir: "cmd/smsplan", test: "TestRunnersOnOneStateSendNobodyTwice",
		ci: []string{"-races=50"}, full: []string{"-races=500"}, seed: seeded, program: true,
	}
	refusals = campaign{
		id: "R7", what: "states that cannot be trusted", dir: "cmd/smsplan", test: "TestStatesThatCannotBeTrustedAreRefused",
		program: true,
	}
	histories = campaign{
		id: "R9", what: "histories of names, revisions, dedupe keys and audiences", dir: "internal/plan", test: "TestWhateverBecomesOfNamesNobodyGetsAMessageTwice",
		ci: []string{"-rapid.checks=2000"}, full: []string{"-rapid.checks=50000"}, seed: seeded,
	}
	lives = campaign{
		id: "R9", what: "histories of names through the program", dir: "cmd/smsplan", test: "TestWhateverBecomesOfNamesEverybodyGetsEachMessageOnce",
		ci: []string{"-lives=100"}, full: []string{"-lives=2000"}, seed: seeded, program: true,
	}
)

// campaigns are those that are run, in the order of the report; the fuzz targets (R10) are found in the sources.
var campaigns = []campaign{kills, recalled, points, power, flips, trials, races, refusals, histories, lives, recalls, schedules, canaries}
