output "quota_name" {
  description = "What Service Quotas calls the quota."
  value       = local.quota_name
}
