message "later" {
  to         = [recipients.all]
  text       = "Later"
  depends_on = [message.plain]

  window {
    from     = "00:00"
    to       = "23:59"
    timezone = "UTC"
  }
}

tariff {
  currency = "EUR"
  default  = 0.08
}

guard "few" {
  max_recipients = 100
}
