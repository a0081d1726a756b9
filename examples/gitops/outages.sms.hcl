# One block for each outage. What was sent stays here: a block that is taken out and comes back would be another message.

message "outage_elm_street" {
  to    = [recipients.customers]
  where = recipient.street == "Elm Street"
  from  = "ACME Energy"
  text  = "Dear ${recipient.name}, the power in ${recipient.street} will be off on Tuesday from 22:00 to 23:30."
}
