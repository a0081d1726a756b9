# One incident, told to the people on call in their own language. The severity and
# what happened come from outside:
#
#   smsplan apply -var severity=high -var what="Checkout is down"
#
# incident.smstest.hcl says what must come of it; smsplan test sees to that.

smsplan {
  required_version = ">= 0.1"
}

gateway "simulator" {
  rate = 100 # recipients a second, as on a real account
}

variable "severity" {
  description = "How bad it is: low or high."
  type        = string
  default     = "high"

  validation {
    condition     = contains(["low", "high"], var.severity)
    error_message = "Severity is low or high."
  }
}

variable "what" {
  description = "What happened, in a few words."
  type        = string
  default     = "Checkout is down"
}

variable "number" {
  description = "Number of the incident. A new incident is a new revision: it reaches everybody again."
  type        = number
  default     = 1
}

locals {
  sender = "ACME Ops"

  greeting = {
    en = "Incident"
    de = "Störung"
    sv = "Störning"
  }
}

recipients "oncall" {
  numbers = [
    { number = "+1 202 555 0111", lang = "en", level = "first" },
    { number = "+1 202 555 0112", lang = "en", level = "second" },
    { number = "+49 171 3920020", lang = "de", level = "first" },
    { number = "+49 171 3920021", lang = "de", level = "second" },
    { number = "+46 70 174 06 30", lang = "sv", level = "first" },
  ]
}

# Low severity wakes only the first level.
message "incident" {
  for_each = local.greeting

  to       = [recipients.oncall]
  where    = recipient.lang == each.key && (var.severity == "high" || recipient.level == "first")
  from     = local.sender
  text     = "${each.value} ${var.number} (${var.severity}): ${var.what}"
  revision = var.number

  precondition {
    condition     = self.segments_max <= 2
    error_message = "Say what happened in fewer words: it takes ${self.segments_max} segments."
  }
}

# What one segment costs the account, so that a plan says what it costs.
tariff {
  currency = "EUR"
  default  = 0.08

  country = {
    DE = 0.069
    US = 0.0075
  }
}

# An incident is for the people on call. A list that was mixed up with another one
# wakes nobody; smsplan apply -allow=guard.oncall sends to more people all the same.
guard "oncall" {
  max_recipients = 20
  max_cost       = 5
  countries      = ["DE", "SE", "US"]
}
