# A first broadcast. It goes to a simulated gateway, which delivers nothing:
# what it takes is written to outbox.jsonl.
#
#   smsplan plan     shows who would get what
#   smsplan apply    sends it; run it again, and nobody gets it twice

gateway "simulator" {
  outbox = "outbox.jsonl"
}

# These numbers are reserved for fiction. Numbers without a country code are
# read in the region.
recipients "friends" {
  region = "AU"
  numbers = [
    { number = "0491 570 006", name = "Ruth" },
    { number = "+1 202 555 0143", name = "Sam" },
  ]
}

message "hello" {
  to   = [recipients.friends]
  from = "smsplan"
  text = "Hello ${recipient.name}, this is smsplan."
}
