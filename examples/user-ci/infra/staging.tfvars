image             = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/speech:1.5-rc1"
name              = "speech-staging"
live_capacity     = { min = 1, max = 2 }
opening_instances = 1
batch_instances   = 1
results_path      = "s3://acme-transcripts-staging/out/"
