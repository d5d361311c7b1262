# Patterns of what AWS accepts, where Terraform has no function that checks it.

locals {
  # Fields of cron expressions (Application Auto Scaling User Guide, "Schedule recurring scaling actions using cron
  # expressions"): values, ranges, and lists of both, each with an optional step after a slash.
  cron_values = {
    minute       = "[0-5]?[0-9]"
    hour         = "(?:[01]?[0-9]|2[0-3])"
    day_of_month = "(?:0?[1-9]|[12][0-9]|3[01])"
    month        = "(?:0?[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"
    day_of_week  = "(?:[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)"
    year         = "(?:19[7-9][0-9]|2[01][0-9][0-9])"
  }
  cron_parts  = { for field, value in local.cron_values : field => "(?:\\*|${value}(?:-${value})?)(?:/[1-9][0-9]{0,3})?" }
  cron_fields = { for field, part in local.cron_parts : field => "${part}(?:,${part})*" }
  cron = join(" ", [
    local.cron_fields.minute,
    local.cron_fields.hour,
    "(?:\\?|L|LW|${local.cron_values.day_of_month}W|${local.cron_fields.day_of_month})",
    local.cron_fields.month,
    "(?:\\?|L|${local.cron_values.day_of_week}L|${local.cron_values.day_of_week}#[1-5]|${local.cron_fields.day_of_week})",
    local.cron_fields.year,
  ])

  # CloudWatch statistics other than the five basic ones: percentiles, trimmed means and so on (Amazon CloudWatch User
  # Guide, "CloudWatch statistics definitions").
  extended_statistic = "(p(100|[0-9]{1,2}(\\.[0-9]{1,10})?)|(tm|tc|ts|wm)[0-9]{1,2}(\\.[0-9]{1,10})?|IQM|(PR|TM|TC|TS|WM)\\([0-9.%]*:[0-9.%]*\\))"

  # First parts of the names in the IANA database.
  time_zone_areas = "Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Etc|Europe|Indian|Pacific"
}
