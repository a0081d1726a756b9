gateway "simulator" {
}

recipients "all" {
  numbers = ["+1 202 555 0143", "+61 491 570 006", "+46 70 174 06 05"]
  exclude = [recipients.gone]
}

recipients "gone" {
  numbers = ["+1 202 555 0199"]
}

message "plain" {
  to       = [recipients.all]
  from     = "ACME"
  text     = "Hello."
  receipts = true
}
