smsplan {
  required_version = ">= 0.1"

  state "file" { # the default; may be left out
    path = "smsplan.state"
  }
}

gateway "clickatell" {
  endpoint = "https://api.clickatell.com/soap/document_literal/webservice"
  api_id   = var.api_id
  user     = var.user
  password = var.password

  binding     = "document" # "document" (default) or "rpc"
  auth        = "session"  # "session" (default) or "credentials"
  batch_size  = 300        # recipients in one request, 1 to 300
  connections = 8          # requests at once
  rate        = 100        # recipients a second, all connections together
  timeout     = "30s"      # one request
}

variable "api_id" {}

variable "user" {
  type      = string
  ephemeral = true
}

variable "password" {
  type      = string
  ephemeral = true
}

variable "severity" {
  type    = string
  default = "high"

  validation {
    condition     = contains(["low", "high"], var.severity)
    error_message = "Severity is low or high."
  }
}

locals {
  brand = "ACME"
}

# Numbers without a country code are Australian.
recipients "oncall" {
  region = "AU"
  numbers = [
    { number = "0491 570 006", name = "Ruth", suburb = "Fitzroy", lang = "en" },
    { number = "+1 202 555 0143", name = "Sam", suburb = "Shaw", lang = "en" },
  ]
}

recipients "customers" {
  region = "SE"

  csv {
    path   = "customers.csv"
    number = "mobile" # the column that holds the number
  }

  where      = recipient.country == "SE"
  exclude    = [recipients.opted_out]
  on_invalid = "skip" # "error" (default) or "skip"
}

recipients "opted_out" {
  region     = "SE"
  on_invalid = "skip"

  csv {
    path   = "optout.csv"
    number = "mobile"
  }
}

message "outage" {
  for_each = {
    en = "Power is out in %s."
    af = "Die krag is af in %s."
  }

  to    = [recipients.oncall, recipients.customers]
  where = recipient.lang == each.key
  from  = local.brand
  text  = "${recipient.name}: ${format(each.value, recipient.suburb)}"

  revision = 1
}

output "segments" {
  value = message.outage["en"].segments
}
