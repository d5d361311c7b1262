"""How much is drawn; plans need no cloud."""

import os

from hypothesis import HealthCheck, settings

# A few examples, the same in every run, or new and many more of them in `make fuzz`.
settings.register_profile(
    "contract", derandomize=True, max_examples=40, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.register_profile("fuzz", settings.get_profile("contract"), derandomize=False, max_examples=3000)
settings.load_profile("fuzz" if os.environ.get("FUZZ_SECONDS") else "contract")
