message "urgent" {
  to          = [recipients.all]
  text        = "Grüße: ${recipient.number}"
  priority    = 1
  max_credits = 2
}
