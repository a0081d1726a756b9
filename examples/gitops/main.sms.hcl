# What ACME Energy tells its customers by text message. Messages are in outages.sms.hcl; whoever wants one sent opens a
# pull request. README.md tells what becomes of it.

smsplan {
  required_version = ">= 0.1"

  # Saved plans open with the other half of this key, which only the job has that applies them. Make your own with
  # age-keygen: the other half of this one is published with the tests of smsplan.
  plan_encrypt_to = ["age14sqjasw7r7tecq8pa85kszdskzy4ns9qjc35z9nhv4uwsa44c4zqvmwp75"]

  state "file" {
    path = "${var.state_dir}/outages.state"
  }
}

variable "state_dir" {
  description = "Where the state is: on a disk that outlasts the jobs."
  type        = string
  default     = "/var/lib/smsplan"
}

variable "endpoint" {
  description = "Another address of the gateway, such as that of smsplan simulator."
  type        = string
  default     = null
}

gateway "clickatell" {
  endpoint = var.endpoint
  api_id   = 1234567 # user and password: SMSPLAN_USER and SMSPLAN_PASSWORD
  rate     = 100
}

recipients "customers" {
  on_invalid = "skip"

  csv {
    path   = "customers.csv"
    number = "mobile"
  }

  exclude = [recipients.opted_out]
}

recipients "opted_out" {
  on_invalid = "skip"

  csv {
    path   = "optout.csv"
    number = "mobile"
  }
}

tariff {
  currency = "EUR"
  default  = 0.08

  country = {
    DE = 0.069
    US = 0.0075
  }
}

# A plan beyond this is not applied, whoever approves it. Whoever wants more changes it in the pull request.
guard "broadcast" {
  max_recipients = 100
  max_cost       = 20
  countries      = ["DE", "SE", "US"]
}
