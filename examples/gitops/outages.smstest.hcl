# What a review need not look for: smsplan test sends to the simulated gateway, and nobody gets anything.

run "everybody_once" {
  assert {
    condition     = summary.sent > 0 && summary.refused == 0 && summary.in_doubt == 0
    error_message = "Nobody is told, or the gateway refuses somebody."
  }

  assert {
    condition     = alltrue([for m in gateway.messages : m.segments == 1])
    error_message = "A text takes more than one segment."
  }
}

run "nobody_twice" {
  command = plan

  assert {
    condition     = plan.to_send == 0
    error_message = "Somebody would get a message twice."
  }
}
