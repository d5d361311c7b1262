output "quota_name" {
  description = "Name of the quota in Service Quotas."
  value       = local.quota_name
}
