image             = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/speech:1.4"
live_capacity     = { min = 2, max = 20 }
opening_instances = 9
batch_instances   = 5
results_path      = "s3://acme-transcripts/out/"
