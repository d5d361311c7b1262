# The body follows "Dashboard Body Structure and Syntax" in the CloudWatch API Reference.

locals {
  columns = 24

  graph_rows = concat(
    [["signal", local.async ? "backlog" : "concurrency"], local.several_types ? ["instances", "instances_by_type"] : ["instances"]],
    local.realtime ? [["latency", "errors", "requests"], ["utilization"]] : [],
    local.async ? [["age", "latency", "errors"], local.can_be_empty ? ["waking", "requests", "utilization"] : ["requests", "utilization"]] : [],
  )

  statuses = [
    for title, arns in {
      "Alarms"                                                   = values(local.alarm_arns)
      "Alarms of scaling, raised while there is reason to scale" = concat(var.wake_up_alarm_arn[*], var.policy_alarm_arns)
    } : { title = title, arns = arns } if length(arns) > 0
  ]

  rows = concat(
    [{
      height = 3
      widgets = [{
        type = "text"
        properties = {
          markdown = join("\n\n", [
            "### ${var.endpoint_name}",
            "${local.async ? "Asynchronous" : "Real-time"} endpoint, variant ${var.variant_name}, ${var.capacity.min} to ${var.capacity.max} instances of ${join(", ", local.instance_types)}.",
            "Instances are counted by the samples of their utilization: each sends one in each interval.",
          ])
        }
      }]
    }],
    [
      for statuses in [local.statuses] : {
        height  = 4
        widgets = [for status in statuses : { type = "alarm", properties = { alarms = status.arns, title = status.title } }]
      } if length(statuses) > 0
    ],
    [
      for names in local.graph_rows : {
        height = 6
        widgets = [
          for graph in [for name in names : local.graphs[name]] : {
            type = "metric"
            properties = merge(
              {
                metrics = graph.lines
                period  = try(graph.period, 60)
                region  = local.region
                stacked = try(graph.stacked, false)
                title   = graph.title
                view    = "timeSeries"
                yAxis   = { left = { label = graph.axis, min = 0, showUnits = false } }
              },
              { for name, lines in { horizontal = try(graph.annotations, []) } : "annotations" => { (name) = lines } if length(lines) > 0 },
            )
          }
        ]
      }
    ],
  )

  widgets = flatten([
    for place, row in local.rows : [
      for column, widget in row.widgets : merge(widget, {
        height = row.height
        width  = local.columns / length(row.widgets)
        x      = column * local.columns / length(row.widgets)
        y      = sum(concat([0], slice(local.rows, 0, place)[*].height))
      })
    ]
  ])
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.dashboard ? 1 : 0

  dashboard_name = "${var.endpoint_name}-${local.region}"
  dashboard_body = jsonencode({ periodOverride = "inherit", start = "-PT6H", widgets = local.widgets })
}
