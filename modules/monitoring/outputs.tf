output "alarm_arns" {
  description = "ARNs of the alarms that notify, by name as in `alarms`; where there is one for each instance type, by `NAME_TYPE`."
  value       = local.alarm_arns
}

output "alarm_names" {
  description = "Names of the same alarms."
  value       = local.alarm_names
}

output "dashboard_arn" {
  description = "ARN of the dashboard; null without one."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_arn)
}

output "dashboard_name" {
  description = "Name of the dashboard; null without one. Dashboards are global, so the name has the region in it."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_name)
}

output "dashboard_widgets" {
  description = "Widgets of the dashboard, for a dashboard of your own that shows several endpoints."
  value       = local.widgets
}

output "rollback_alarm_names" {
  description = "Names of the alarms of `rollback_on`, as `deployment.rollback_alarm_names` of the endpoint takes them. They exist before the endpoint then, and for that `endpoint_name` must not come from it."
  value       = local.rollback_alarm_names
}
