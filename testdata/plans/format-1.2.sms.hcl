message "alarm" {
  to       = [recipients.all]
  text     = "Alarm"
  on_doubt = "resend"
}

message "keyed" {
  to         = [recipients.all]
  text       = "Keyed"
  dedupe_key = "keyed"
}
