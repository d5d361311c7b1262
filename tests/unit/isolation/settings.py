"""Settings that a user may have for AWS, and that commands must not follow."""

WORLD = "http://198.51.100.7:8080"  # TEST-NET-2, RFC 5737
CONFIG = """
[default]
region = eu-west-1
endpoint_url = https://sagemaker.eu-west-1.amazonaws.com
[profile work]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/work
credential_source = Ec2InstanceMetadata
endpoint_url = https://sagemaker.eu-west-1.amazonaws.com
services = work
use_fips_endpoint = true
defaults_mode = auto
[services work]
sagemaker =
  endpoint_url = https://sagemaker.eu-west-1.amazonaws.com
"""
KEYS = """
[default]
aws_access_key_id = ASIDEEXAMPLEEXAMPLE
aws_secret_access_key = secret
"""
SERVICES = ("SAGEMAKER", "SAGEMAKER_RUNTIME", "S3", "IAM", "STS", "CLOUDCONTROL", "APPLICATION_AUTO_SCALING")
CLIENTS = ("sagemaker", "sagemaker-runtime", "s3", "iam", "sts", "cloudcontrol", "application-autoscaling")
SETTINGS = {
    "credentials": {
        "AWS_ACCESS_KEY_ID": "ASIDEEXAMPLEEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
        "AWS_REGION": "eu-west-1",
    },
    "profile": {"AWS_PROFILE": "work", "AWS_SDK_LOAD_CONFIG": "1"},
    "missing profile": {"AWS_PROFILE": "missing", "AWS_DEFAULT_PROFILE": "missing"},
    "endpoints": {f"AWS_ENDPOINT_URL_{name}": "https://eu-west-1.amazonaws.com" for name in SERVICES},
    "special endpoints": {
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "AWS_DEFAULTS_MODE": "auto",
        "AWS_CSM_ENABLED": "true",
        "AWS_CSM_HOST": "198.51.100.7",
    },
    "proxies": {name: WORLD for word in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY") for name in (word, word.lower())},
    "metadata": {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{WORLD}/credentials",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": WORLD,
        "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
    },
    "identity": {
        "AWS_WEB_IDENTITY_TOKEN_FILE": __file__,
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/work",
    },
}
TOGETHER = {name: value for setting in SETTINGS.values() for name, value in setting.items()} | SETTINGS["profile"]
