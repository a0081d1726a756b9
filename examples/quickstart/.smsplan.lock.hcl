# smsplan writes this file. Commit it: it says which state belongs to this configuration,
# so that a lost or foreign state is noticed before anything is sent again.

workspace "default" {
  lineage = "db6eab9ec03800e56f7d8b483d788959"
  kind    = "simulator"
}
