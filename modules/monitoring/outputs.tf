output "alarm_arns" {
  description = "ARNs of the alarms that notify, by their names in `alarms`, or by `NAME_TYPE` for an alarm of one instance type."
  value       = local.alarm_arns
}

output "alarm_names" {
  description = "Names of these alarms in CloudWatch, by the same keys."
  value       = local.alarm_names
}

output "dashboard_arn" {
  description = "ARN of the dashboard; null without a dashboard."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_arn)
}

output "dashboard_name" {
  description = "Name of the dashboard; null without a dashboard. Dashboards are global, so the name contains the region."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_name)
}

output "dashboard_widgets" {
  description = "Widgets of the dashboard, for your own dashboard of several endpoints."
  value       = local.widgets
}

output "rollback_alarm_names" {
  description = "CloudWatch names of the alarms in `rollback_on`, for `deployment.rollback_alarm_names` of the endpoint. The endpoint then depends on these alarms, so `endpoint_name` must not come from an output of the endpoint."
  value       = local.rollback_alarm_names
}
