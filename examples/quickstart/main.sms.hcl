# A first broadcast. It goes to the gateway that ships with smsplan and delivers
# nothing, so try whatever you like:
#
#   smsplan plan
#   smsplan apply
#   smsplan apply      # nobody gets anything twice

gateway "simulator" {
  outbox = "outbox.jsonl" # one JSON line for each message taken
}

# People can stand in the configuration ...
recipients "crew" {
  region = "AU" # the region of numbers without a country code

  numbers = [
    { number = "0491 570 006", name = "Ruth", depot = "Fitzroy" },
    { number = "0491 570 156", name = "Ishaan", depot = "Brunswick" },
    { number = "+1 202 555 0143", name = "Sam", depot = "Shaw" },
  ]
}

# ... or in a file, with a header line. One row of this one has a number that
# cannot be one: it is left out, and the plan says so.
recipients "households" {
  on_invalid = "skip"

  csv {
    path          = "households.csv"
    number        = "mobile"
    region_column = "country"
  }
}

message "water_off" {
  to   = [recipients.households]
  from = "ACME Water"
  text = "Dear ${recipient.name}, the water in ${recipient.street} is off on Tuesday from 22:00 to 23:30."
}

message "crew" {
  to   = [recipients.crew]
  from = "ACME Water"
  text = "${recipient.name}: Tuesday 21:30 at depot ${recipient.depot}. ${recipients.households.count} households were told."
}

output "households" {
  description = "How many households the broadcast is for, by country."
  value       = recipients.households.countries
}
