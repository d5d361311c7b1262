module "sentiment" {
  source = "../.."

  name = var.name

  # An inference image of AWS. It loads the model from the Hugging Face Hub when an instance starts.
  model = {
    image = coalesce(var.image, "763104351884.dkr.ecr.${var.region}.amazonaws.com/huggingface-pytorch-inference:2.1.0-transformers4.37.0-cpu-py310-ubuntu22.04")
    environment = {
      HF_MODEL_ID = "distilbert/distilbert-base-uncased-finetuned-sst-2-english"
      HF_TASK     = "text-classification"
    }
  }

  instance_pools = var.instance_pools

  realtime = {
    capacity = { min = 1, max = 3 }
  }
}
