# What an incident comes to, without telling anybody: smsplan test

run "low_severity_wakes_the_first_level" {
  variables {
    severity = "low"
  }

  assert {
    condition     = summary.sent == 3 && message.incident["sv"].to_send == 1
    error_message = "Somebody else was woken, or somebody was not."
  }
}

run "worse_wakes_the_others_only" {
  variables {
    severity = "high"
  }

  assert {
    condition     = summary.sent == 2 && plan.already_sent == 3
    error_message = "Whoever was woken already gets it again."
  }

  assert {
    condition     = [for m in gateway.messages : m.text if m.to == "491713920021"] == ["Störung 1 (high): Checkout is down"]
    error_message = "The second level in Germany gets another text."
  }
}

run "a_new_incident_is_for_everybody" {
  variables {
    number = 2
    what   = "Search is down"
  }

  assert {
    condition     = summary.sent == 5
    error_message = "Somebody has not heard of the second incident."
  }

  assert {
    condition     = alltrue([for m in gateway.messages : m.segments == 1])
    error_message = "A text takes more than one segment."
  }
}

run "a_lost_answer_is_asked_about" {
  faults = ["drop-before-answer:times=1"]

  variables {
    number = 3
  }

  assert {
    condition     = summary.in_doubt > 0 && !summary.complete
    error_message = "No answer was lost."
  }
}

run "and_nobody_is_sent_to_twice" {
  variables {
    number = 3
  }

  assert {
    condition     = summary.sent == 0 && summary.in_doubt == 0 && plan.to_send == 0
    error_message = "Somebody gets it twice."
  }

  assert {
    condition     = length([for m in gateway.messages : m if m.run == "a_lost_answer_is_asked_about"]) == 5
    error_message = "Somebody does not get it at all."
  }
}

run "severity_is_low_or_high" {
  command = plan

  variables {
    severity = "middling"
  }

  expect_failures = [var.severity]
}
